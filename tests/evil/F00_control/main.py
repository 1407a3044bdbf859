"""Does everything right, so that the harness is known to let good blocks pass."""

from task import succeed

succeed()
