"""Which kernel runs and which would boot next."""

from healer.observe.facts.contract import Fact
from healer.observe.kernels import parse_kernel
from healer.observe.reading import script

PLUGIN = Fact(name="kernel", script=script("kernel.sh"), parse=parse_kernel, seconds=20)
