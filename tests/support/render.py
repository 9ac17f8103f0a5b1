"""Renders template.yaml as CloudFormation would deploy it: loops expanded, SAM translated, conditions and
intrinsics resolved for one environment of samconfig.toml.

What only exists after a deployment stays readable: a reference to a resource becomes `ref:<logical id>`, its
ARN `arn:<logical id>`, any other attribute `att:<logical id>.<attribute>`.
"""

import copy
import os
import re
import tomllib

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from .paths import ROOT, TEMPLATE

ENVIRONMENTS = ["dev", "test", "staging", "prod"]
ACCOUNT, REGION = "123456789012", "ap-northeast-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_REMOVED = object()


def load() -> dict:
    """The template as it stands in the repository."""
    return yaml_parse(TEMPLATE.read_text())


def parameters(environment: str) -> dict:
    """The overrides that `sam deploy --config-env <environment>` passes."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    overrides = config[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(item.split("=", 1) for item in overrides)


def render(environment: str, template: dict | None = None) -> dict:
    """The resources of an environment by logical id, with everything resolved that can be."""
    template = copy.deepcopy(template or load())
    values = {name: str(spec.get("Default", "")) for name, spec in template["Parameters"].items()}
    values.update(parameters(environment))
    template["Resources"] = _expand(template["Resources"])
    translated = _translate(template, values)
    resolver = _Resolver(translated, {**values, **PSEUDO})
    return {
        name: resolver.resolve({key: part for key, part in resource.items() if key != "Condition"})
        for name, resource in translated["Resources"].items()
        if resolver.holds(resource.get("Condition"))
    }


def _expand(resources: dict) -> dict:
    """The resources with every `Fn::ForEach` written out."""
    expanded = {}
    for name, resource in resources.items():
        if name.startswith("Fn::ForEach::"):
            variable, values, body = resource
            for value in values:
                expanded.update(_put(body, variable, value))
        else:
            expanded[name] = resource
    return expanded


def _put(node, variable: str, value: str):
    """The node with the loop's variable replaced by a value of it."""
    if isinstance(node, str):
        return node.replace(f"${{{variable}}}", value)
    if isinstance(node, list):
        return [_put(item, variable, value) for item in node]
    if node == {"Ref": variable}:
        return value
    if isinstance(node, dict):
        return {_put(key, variable, value): _put(item, variable, value) for key, item in node.items()}
    return node


def _translate(template: dict, values: dict) -> dict:
    """The SAM transform, with local code given places in S3 as `sam package` does."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for local in ("CodeUri", "DefinitionUri"):
            if local in properties:
                properties[local] = {"Bucket": "packages", "Key": name}
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return transform(template, values, _NoManagedPolicies(), passthrough_metadata=True)


class _NoManagedPolicies:
    """The template names no managed policy of AWS by its short name."""

    def load(self) -> dict:
        return {}


class _Resolver:
    def __init__(self, template: dict, values: dict):
        self.values = values
        self.mappings = template.get("Mappings", {})
        self.conditions = template.get("Conditions", {})
        self.types = {name: resource["Type"] for name, resource in template["Resources"].items()}

    def holds(self, condition: str | None) -> bool:
        return condition is None or self.resolve(self.conditions[condition])

    def resolve(self, node):
        if isinstance(node, list):
            items = (self.resolve(item) for item in node)
            return [item for item in items if item is not _REMOVED]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            function, argument = next(iter(node.items()))
            method = getattr(self, "_" + function.lower().replace("::", "_"), None)
            if method and (function.startswith("Fn::") or function in ("Ref", "Condition")):
                return method(argument)
        items = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in items.items() if value is not _REMOVED}

    def _ref(self, name):
        if isinstance(name, dict):
            name = self.resolve(name)
        if name == "AWS::NoValue":
            return _REMOVED
        if name in self.values:
            return self.values[name]
        # The Ref of a state machine is its ARN.
        return f"arn:{name}" if self.types[name] == "AWS::StepFunctions::StateMachine" else f"ref:{name}"

    def _fn_getatt(self, argument):
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        name = self.resolve(name)
        assert name in self.types, f"{name} is no resource"
        return f"arn:{name}" if attribute == "Arn" else f"att:{name}.{attribute}"

    def _fn_sub(self, argument):
        text, variables = argument if isinstance(argument, list) else (argument, {})
        variables = {key: self.resolve(value) for key, value in variables.items()}

        def value(match):
            name = match.group(1)
            if name in variables:
                return str(variables[name])
            return str(self._fn_getatt(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def _fn_join(self, argument):
        separator, parts = argument
        return separator.join(str(part) for part in self.resolve(parts))

    def _fn_findinmap(self, argument):
        name, first, second = self.resolve(argument[:3])
        return self.mappings[name][first][second]

    def _fn_if(self, argument):
        condition, yes, no = argument
        return self.resolve(yes if self.holds(condition) else no)

    def _fn_equals(self, argument):
        left, right = self.resolve(argument)
        return str(left) == str(right)

    def _fn_not(self, argument):
        return not self.resolve(argument[0])

    def _fn_and(self, argument):
        return all(self.resolve(argument))

    def _fn_or(self, argument):
        return any(self.resolve(argument))

    def _condition(self, name):
        return self.holds(name) if isinstance(name, str) else {"Condition": self.resolve(name)}
