"""Renders the templates as CloudFormation would deploy them: loops expanded, SAM translated, conditions and intrinsics
resolved for one entry of samconfig.toml, nested stacks included.

What only exists after a deployment stays readable: a reference to a resource becomes `ref:<logical id>`, its
ARN `arn:<logical id>`, any other attribute `att:<logical id>.<attribute>`. A resource of a nested stack is
`<stack>/<logical id>`, and has the tags of its stack.
"""

import copy
import functools
import ipaddress
import os
import re
import tomllib
from pathlib import Path

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from .paths import ROOT, TEMPLATE

ENVIRONMENTS = ["dev", "test", "staging", "prod"]
# What is deployed beside template.yaml, each with an entry of its own in samconfig.toml.
ALONE = ["account", "delivery", "osaka-staging", "osaka-prod"]
ACCOUNT, REGION = "123456789012", "ap-northeast-1"
ZONES = {"ap-northeast-1": ["ap-northeast-1a", "ap-northeast-1c"], "ap-northeast-3": ["ap-northeast-3a", "ap-northeast-3b"]}
_REMOVED = object()


def load(path: Path = TEMPLATE) -> dict:
    """A template as it stands in the repository."""
    return yaml_parse(path.read_text())


@functools.cache
def _config() -> dict:
    return tomllib.loads((ROOT / "samconfig.toml").read_text())


def entry(name: str) -> dict:
    """What `sam deploy --config-env <name>` passes: template, region, parameters, tags. `<name>-opensearch` is the
    environment with a search collection; an account has an address for its alarms, given by hand."""
    if name.endswith("-opensearch"):
        plain = entry(name.removesuffix("-opensearch"))
        return {**plain, "parameters": plain["parameters"] | {"SearchBackend": "opensearch"}}
    deploy = _config()[name]["deploy"]["parameters"]
    pairs = {key: dict(item.split("=", 1) for item in deploy.get(key, [])) for key in ("parameter_overrides", "tags")}
    if name == "account":
        pairs["parameter_overrides"] = {"AlarmAddress": "operators@example.com"}
    return {
        "template": ROOT / deploy.get("template_file", "template.yaml"),
        "region": _config()[name]["global"]["parameters"]["region"],
        "parameters": pairs["parameter_overrides"],
        "tags": pairs["tags"],
    }


def parameters(name: str) -> dict:
    """The overrides that `sam deploy --config-env <name>` passes."""
    return entry(name)["parameters"]


@functools.cache
def rendered(name: str) -> dict:
    """`render`, once a run: for those who only read."""
    return render(name)


def render(name: str, template: dict | None = None) -> dict:
    """The resources of an entry by logical id, with everything resolved that can be."""
    spec = entry(name)
    template = template or load(spec["template"])
    resources, _ = _stack(template, spec["parameters"], spec["region"], "")
    if name in ALONE:
        _tag(resources, spec["tags"], spec["region"])
    return resources


def documents(name: str) -> dict[str, dict]:
    """The templates of an entry, its nested ones too, by path, as other people's linters read them: for this entry's
    conditions, with references where they only resolve in a deployment."""
    spec = entry(name)
    found: dict[str, dict] = {}
    _stack(load(spec["template"]), spec["parameters"], spec["region"], "", found, spec["template"])
    return found


def _stack(template: dict, given: dict, region: str, prefix: str, found: dict | None = None, path: Path | None = None):
    """The resources and outputs of a stack and of those nested in it. With `found`, their templates are put there."""
    template = copy.deepcopy(template)
    values = {name: str(spec.get("Default", "")) for name, spec in template.get("Parameters", {}).items()}
    lists = {name for name, spec in template.get("Parameters", {}).items() if "List" in spec["Type"]}
    values.update(given)
    for name in lists & values.keys():
        values[name] = values[name].split(",") if isinstance(values[name], str) else values[name]
    template["Resources"] = _expand(template["Resources"])
    translated = _translate(template, values, region) if "Globals" in template else template
    resolver = _Resolver(translated, {**values, **_pseudo(region)}, prefix)
    resources: dict[str, dict] = {}
    # In the order in which they need each other's outputs.
    for name in _in_order(translated["Resources"]):
        resource = translated["Resources"][name]
        if not resolver.holds(resource.get("Condition")):
            continue
        whole = resolver.resolve({key: part for key, part in resource.items() if key != "Condition"})
        resources[prefix + name] = whole
        if resource["Type"] == "AWS::CloudFormation::Stack":
            below = ROOT / resource["Properties"]["TemplateURL"]
            inner = {key: value for key, value in whole["Properties"].get("Parameters", {}).items()}
            nested, outputs = _stack(load(below), inner, region, f"{prefix}{name}/", found, below)
            _tag(nested, {tag["Key"]: tag["Value"] for tag in whole["Properties"].get("Tags", [])}, region)
            resources.update(nested)
            resolver.outputs[name] = outputs
    if found is not None:
        found[str(path.relative_to(ROOT))] = _document(translated, resolver)
    outputs = {
        name: resolver.resolve(output["Value"])
        for name, output in translated.get("Outputs", {}).items()
        if resolver.holds(output.get("Condition"))
    }
    return resources, outputs


def _document(template: dict, resolver: "_Resolver") -> dict:
    """The template with its loops and conditions resolved, and its references kept."""
    kept = _Resolver(template, resolver.values, resolver.prefix, keeps_references=True)
    kept.outputs = resolver.outputs
    resources = {
        name: kept.resolve({key: part for key, part in resource.items() if key not in ("Condition", "Metadata")})
        for name, resource in template["Resources"].items()
        if kept.holds(resource.get("Condition"))
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _pseudo(region: str) -> dict:
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": "deepwiki-omr",
    }


def taggable(kind: str, region: str = REGION) -> bool:
    """Whether a type of resource has tags."""
    return "Tags" in PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema["properties"]


def _tag(resources: dict, tags: dict[str, str], region: str):
    """Gives the tags of a stack to what is in it, as CloudFormation does."""
    for resource in resources.values():
        if taggable(resource["Type"], region):
            properties = resource.setdefault("Properties", {})
            own = properties.get("Tags", [])
            if isinstance(own, dict):
                properties["Tags"] = {**tags, **own}
            else:
                names = {tag["Key"] for tag in own}
                properties["Tags"] = own + [{"Key": k, "Value": v} for k, v in tags.items() if k not in names]


def _in_order(resources: dict) -> list[str]:
    """The names of the resources, nested stacks first and each after those whose outputs it reads."""
    stacks = {name for name, resource in resources.items() if resource["Type"] == "AWS::CloudFormation::Stack"}
    needs = {name: {other for other in stacks if other != name and _reads(resources[name], other)} for name in stacks}
    order: list[str] = []
    while needs:
        ready = [name for name, others in needs.items() if others <= set(order)]
        assert ready, f"nested stacks wait for each other: {sorted(needs)}"
        order += ready
        needs = {name: others for name, others in needs.items() if name not in ready}
    return order + [name for name in resources if name not in stacks]


def _reads(node, stack: str) -> bool:
    if isinstance(node, dict):
        return any(_reads(value, stack) for value in node.values())
    if isinstance(node, list):
        return (len(node) == 2 and node[0] == stack) or any(_reads(item, stack) for item in node)
    return isinstance(node, str) and (node.startswith(f"{stack}.Outputs.") or f"${{{stack}.Outputs." in node)


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
    """The node with the loop's variable replaced by a value of it; `&{...}` leaves out what no logical id may have."""
    if isinstance(node, str):
        plain = re.sub(r"[^A-Za-z0-9]", "", value)
        return node.replace(f"${{{variable}}}", value).replace(f"&{{{variable}}}", plain)
    if isinstance(node, list):
        return [_put(item, variable, value) for item in node]
    if node == {"Ref": variable}:
        return value
    if isinstance(node, dict):
        put = {_put(key, variable, value): _put(item, variable, value) for key, item in node.items()}
        # A reference to a name that the loop made, before SAM looks at references.
        made = put["Ref"].get("Fn::Sub") if isinstance(put.get("Ref"), dict) else None
        return {"Ref": made} if made and "${" not in made else put
    return node


def _translate(template: dict, values: dict, region: str) -> dict:
    """The SAM transform, with local code given places in S3 as `sam package` does."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for local in ("CodeUri", "DefinitionUri"):
            if local in properties:
                properties[local] = {"Bucket": "packages", "Key": name}
    os.environ.setdefault("AWS_DEFAULT_REGION", region)
    return transform(template, values, _NoManagedPolicies(), passthrough_metadata=True)


class _NoManagedPolicies:
    """The template names no managed policy of AWS by its short name."""

    def load(self) -> dict:
        return {}


class _Resolver:
    def __init__(self, template: dict, values: dict, prefix: str = "", keeps_references: bool = False):
        self.values = values
        self.prefix = prefix
        self.keeps_references = keeps_references
        self.outputs: dict[str, dict] = {}
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
        kind = self.types[name]
        if self.keeps_references:
            return {"Ref": name}
        # The Ref of a state machine, of a topic and of a trail is its ARN.
        arn = kind in ("AWS::StepFunctions::StateMachine", "AWS::SNS::Topic")
        return f"{'arn' if arn else 'ref'}:{self.prefix}{name}"

    def _fn_getatt(self, argument):
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        name = self.resolve(name)
        assert name in self.types, f"{name} is no resource"
        if attribute.startswith("Outputs.") and name in self.outputs:
            if self.keeps_references:
                return {"Fn::GetAtt": [name, attribute]}
            return self.outputs[name][attribute.removeprefix("Outputs.")]
        if self.keeps_references:
            return {"Fn::GetAtt": [name, attribute]}
        return f"arn:{self.prefix}{name}" if attribute == "Arn" else f"att:{self.prefix}{name}.{attribute}"

    def _fn_sub(self, argument):
        text, variables = argument if isinstance(argument, list) else (argument, {})
        variables = {key: self.resolve(value) for key, value in variables.items()}
        kept = {}

        def value(match):
            name = match.group(1)
            found = variables[name] if name in variables else self._fn_getatt(name) if "." in name else self._ref(name)
            if isinstance(found, (dict, list)):
                kept[name] = found
                return match.group(0)
            return str(found)

        text = re.sub(r"\$\{([^!}]+)\}", value, text)
        own = {name: found for name, found in kept.items() if name in variables}
        return ({"Fn::Sub": [text, own]} if own else {"Fn::Sub": text}) if kept else text

    def _fn_join(self, argument):
        separator, parts = argument
        parts = self.resolve(parts)
        if any(isinstance(part, dict) for part in parts):
            return {"Fn::Join": [separator, parts]}
        return separator.join(str(part) for part in parts)

    def _fn_split(self, argument):
        separator, text = argument
        text = self.resolve(text)
        return {"Fn::Split": [separator, text]} if isinstance(text, dict) else text.split(separator)

    def _fn_select(self, argument):
        index, items = self.resolve(argument)
        if isinstance(items, dict):
            return {"Fn::Select": [index, items]}
        # What is taken out of an ARN is not known here.
        return items[int(index)] if int(index) < len(items) else f"part:{items[0]}"

    def _fn_getazs(self, _):
        return ZONES[self.values["AWS::Region"]]

    def _fn_cidr(self, argument):
        block, count, bits = self.resolve(argument)
        subnets = ipaddress.ip_network(block).subnets(new_prefix=32 - int(bits))
        return [str(next(subnets)) for _ in range(int(count))]

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
        # Of a policy, where it is a mapping; of the template, where it is a name.
        return self.holds(name) if isinstance(name, str) else {"Condition": self.resolve(name)}
