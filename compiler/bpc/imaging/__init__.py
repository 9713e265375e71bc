"""Images made by mkosi from the specs of the mkosi target. Unlike the stages, this room runs programs and reads their results."""
