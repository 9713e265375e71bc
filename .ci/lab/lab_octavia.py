"""A network driver for an Octavia without amphorae: the VIP's port is a real one, so that it can have a floating IP.

Octavia's own no-op driver invents ports, which Neutron then does not know. Everything that would touch an amphora stays
a no-op.
"""

from octavia.network.drivers.neutron.allowed_address_pairs import AllowedAddressPairsDriver
from octavia.network.drivers.noop_driver.driver import NoopNetworkDriver


class Driver(NoopNetworkDriver):
    def __init__(self):
        super().__init__()
        self.real = AllowedAddressPairsDriver()

    def allocate_vip(self, load_balancer):
        return self.real.allocate_vip(load_balancer)

    def deallocate_vip(self, vip):
        self.real.deallocate_vip(vip)

    def get_port(self, port_id, context=None):
        return self.real.get_port(port_id, context=context)

    def get_subnet(self, subnet_id, context=None):
        return self.real.get_subnet(subnet_id, context=context)

    def get_network(self, network_id, context=None):
        return self.real.get_network(network_id, context=context)
