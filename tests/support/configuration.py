"""Prints the template configuration of an environment, as CodePipeline's CloudFormation action reads it: the parameters and
tags that `sam deploy --config-env <environment>` would pass. `python -m support.configuration prod`"""

import json
import sys

from .render import entry


def configuration(environment: str) -> dict:
    spec = entry(environment)
    return {"Parameters": spec["parameters"], "Tags": spec["tags"]}


if __name__ == "__main__":
    json.dump(configuration(sys.argv[1]), sys.stdout, indent=2)
