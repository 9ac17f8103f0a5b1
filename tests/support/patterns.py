"""EventBridge event patterns, as far as template.yaml uses them. An operator that is not here is an error, so that
no rule is taken to match by accident."""


def matches(pattern: dict, event: dict) -> bool:
    """Whether the rule of this pattern gets this event (in the form in which EventBridge delivers it)."""
    return all(_field(expected, event.get(name)) for name, expected in pattern.items())


def _field(expected, value) -> bool:
    if isinstance(expected, dict):
        return isinstance(value, dict) and matches(expected, value)
    values = value if isinstance(value, list) else [value]
    return any(_accepts(alternative, item) for alternative in expected for item in values)


def _accepts(alternative, item) -> bool:
    if isinstance(alternative, dict):
        raise NotImplementedError(f"operator {alternative}")
    return alternative == item
