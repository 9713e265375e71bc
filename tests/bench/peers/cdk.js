// `node cdk.js M|T COUNT`: the bench's topologies with the AWS CDK's constructs of single resources, the same as bpc makes.
const cdk = require('aws-cdk-lib');
const ec2 = cdk.aws_ec2;

const [topology, count] = [process.argv[2], Number(process.argv[3])];
const app = new cdk.App({ outdir: 'cdk.out', context: { '@aws-cdk/core:stackResourceLimit': 0 } });
const stack = new cdk.Stack(app, 'bench', { description: 'bench 1' });

const FIRST_BOOT = `#!/bin/bash
finish() {
  code=$?
  status=$([ $code -eq 0 ] && echo SUCCESS || echo FAILURE)
  body="{\\"Status\\": \\"$status\\", \\"UniqueId\\": \\"$(hostname)\\", \\"Reason\\": \\"exit code $code\\", \\"Data\\": \\"\\"}"
  curl -sS -X PUT -H 'Content-Type:' --data-binary "$body" '\${HANDLE}'
}
trap finish EXIT
set -e
`;
const MOUNT = `device=/dev/nvme1n1
until [ -b $device ]; do sleep 2; done
blkid $device || mkfs.ext4 $device
mkdir -p /data
echo "$device /data ext4 defaults,nofail 0 2" >>/etc/fstab
mount /data
`;

function tags(name, tier, more = {}) {
  const all = { Name: name, 'bpc:solution': 'bench', ...(tier ? { 'bpc:tier': tier } : {}), ...more };
  return Object.entries(all).map(([key, value]) => ({ key, value }));
}

function add(kind, name, line, properties = {}, after = []) {
  const made = new kind(stack, name, properties);
  made.addMetadata('bpc', `solution.bp:${line}`);
  for (const other of after) made.addResourceDependency(other);
  return made;
}

function network() {
  const vpc = add(ec2.CfnVPC, 'Vpc', 3, { cidrBlock: '10.0.0.0/16', enableDnsSupport: true, enableDnsHostnames: true, tags: tags('bench') });
  const vpcId = vpc.ref, every = '0.0.0.0/0';
  const addresses = add(ec2.CfnVPCCidrBlock, 'Addresses', 3, { vpcId, cidrBlock: '100.64.0.0/24' });
  const internet = add(ec2.CfnInternetGateway, 'Internet', 3, { tags: tags('bench') });
  const gateway = add(ec2.CfnVPCGatewayAttachment, 'Gateway', 3, { vpcId, internetGatewayId: internet.ref });
  const outside = add(ec2.CfnRouteTable, 'RoutesOutside', 3, { vpcId, tags: tags('bench-outside') }).ref;
  const inside = add(ec2.CfnRouteTable, 'RoutesInside', 3, { vpcId, tags: tags('bench-inside') }).ref;
  add(ec2.CfnRoute, 'WayOutside', 3, { routeTableId: outside, destinationCidrBlock: every, gatewayId: internet.ref }, [gateway]);
  const [subnet, , own] = [['A', '10.0.0.0/17', 0, inside], ['B', '10.0.128.0/17', 1, inside], ['Own', '100.64.0.0/24', 0, outside]].map(
    ([name, cidrBlock, zone, routeTableId]) => {
      const availabilityZone = cdk.Fn.select(zone, cdk.Fn.getAzs());
      const made = add(ec2.CfnSubnet, `Subnet${name}`, 5, { vpcId, cidrBlock, availabilityZone, mapPublicIpOnLaunch: false, tags: tags(name) }, [addresses]);
      add(ec2.CfnSubnetRouteTableAssociation, `Routed${name}`, 5, { subnetId: made.ref, routeTableId });
      return made;
    },
  );
  const address = add(ec2.CfnEIP, 'NatAddress', 3, { domain: 'vpc', tags: tags('bench-nat') }, [gateway]);
  const nat = add(ec2.CfnNatGateway, 'Nat', 3, { subnetId: own.ref, allocationId: address.attrAllocationId, tags: tags('bench-nat') });
  const way = add(ec2.CfnRoute, 'WayInside', 3, { routeTableId: inside, destinationCidrBlock: every, natGatewayId: nat.ref });
  return { vpcId, subnet, way };
}

const imageId = new cdk.CfnParameter(stack, 'Image', { type: 'AWS::EC2::Image::Id', description: 'Image of all machines' }).valueAsString;
const instanceType = new cdk.CfnParameter(stack, 'Type', { description: 'Instance type', default: 't3.micro' }).valueAsString;
const { vpcId, subnet, way } = network();

function tier(name, members, line, volume) {
  const own = name[0].toUpperCase() + name.slice(1);
  const security = add(ec2.CfnSecurityGroup, `Security${own}`, line, { vpcId, groupDescription: `Members of tier ${name}`, tags: tags(name, name) }).ref;
  const handle = add(cdk.CfnWaitConditionHandle, `Handle${own}`, line);
  const boot = (FIRST_BOOT + (volume ? MOUNT : '')).replace('HANDLE', `Handle${own}`);
  const ebs = { encrypted: true, deleteOnTermination: true, volumeType: 'gp3', volumeSize: 10 };
  const template = add(ec2.CfnLaunchTemplate, `Template${own}`, line, {
    launchTemplateData: {
      imageId, instanceType, userData: cdk.Fn.base64(cdk.Fn.sub(boot)),
      metadataOptions: { httpTokens: 'required', httpEndpoint: 'enabled', instanceMetadataTags: 'enabled' },
      blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs }],
    },
  });
  const launchTemplate = { launchTemplateId: template.ref, version: template.attrLatestVersionNumber };
  const made = [];
  for (let number = 0; number < members; number++) {
    made.push(member(`${name}-${number}`, name, `${own}X${number}`, line, security, launchTemplate, volume));
  }
  add(cdk.CfnWaitCondition, `Ready${own}`, line, { handle: handle.ref, count: members, timeout: '1800' }, made);
}

function member(name, tier, own, line, security, launchTemplate, volume) {
  const subnetId = subnet.ref;
  if (!volume) {
    return add(ec2.CfnInstance, `Instance${own}`, line, { launchTemplate, subnetId, securityGroupIds: [security], tags: tags(name, tier) }, [way]);
  }
  const card = add(ec2.CfnNetworkInterface, `Interface${own}`, line, { subnetId, groupSet: [security], tags: tags(name, tier) });
  const disk = add(ec2.CfnVolume, `Volume${own}`, line + 5, {
    availabilityZone: subnet.attrAvailabilityZone, size: 10, volumeType: 'gp3', encrypted: true, tags: tags(`${name}-data`, tier),
  });
  disk.applyRemovalPolicy(cdk.RemovalPolicy.DESTROY);
  const networkInterfaces = [{ deviceIndex: '0', networkInterfaceId: card.ref }];
  const instance = add(ec2.CfnInstance, `Instance${own}`, line, { launchTemplate, networkInterfaces, tags: tags(name, tier, { 'bpc:volume:data': disk.ref }) }, [way]);
  add(ec2.CfnVolumeAttachment, `Attachment${own}`, line + 5, { instanceId: instance.ref, volumeId: disk.ref, device: '/dev/sdf' });
  return instance;
}

if (topology === 'M') {
  tier('t', count, 6, true);
} else {
  for (let number = 0; number < Math.floor(count / 3); number++) {
    ['web', 'app', 'db'].forEach((kind, index) => tier(`${kind}${number}`, 1, 6 + number * 19 + index * 6, kind === 'db'));
  }
}
app.synth();
