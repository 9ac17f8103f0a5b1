"""What it costs, and who did what [39, 40, 53]."""

from checks import environment, of_type, proves, target
from mutating import drop, put


def budgets(resources: dict) -> dict[str, tuple[dict, list]]:
    """Each budget's limit and its notices, as (kind, percent), by name."""
    return {
        name: (
            budget["Budget"],
            [(n["Notification"]["NotificationType"], n["Notification"]["Threshold"]) for n in budget["NotificationsWithSubscribers"]],
        )
        for name, budget in of_type(resources, "AWS::Budgets::Budget").items()
    }


@proves(39)
def a_budget_speaks_at_eighty_percent(resources, _):
    limit, notices = budgets(resources)["Governance/Budget"]
    assert notices == [("ACTUAL", 80), ("FORECASTED", 100)]
    assert (limit["TimeUnit"], limit["BudgetType"]) == ("MONTHLY", "COST") and float(limit["BudgetLimit"]["Amount"]) > 0
    tags = [part["Tags"] for part in limit["FilterExpression"]["And"]]
    assert {tag["Key"]: tag["Values"] for tag in tags} == {"Project": ["deepwiki-omr"], "Environment": [environment(resources)]}


@proves(40)
def a_budget_follows_the_month_before(resources, _):
    limit, notices = budgets(resources)["Governance/Growth"]
    assert limit["AutoAdjustData"] == {"AutoAdjustType": "HISTORICAL", "HistoricalOptions": {"BudgetAdjustmentPeriod": 1}}
    assert notices == [("ACTUAL", 150)]


@proves(39, 40)
def budgets_are_heard(resources, _):
    for name, budget in of_type(resources, "AWS::Budgets::Budget").items():
        for notice in budget["NotificationsWithSubscribers"]:
            assert notice["Subscribers"] == [{"SubscriptionType": "SNS", "Address": "arn:Observability/Alarms"}], name
    allowed = resources["Observability/AlarmsPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert "budgets.amazonaws.com" in allowed["Principal"]["Service"]


@proves(53)
def every_call_and_every_access_to_data_is_on_the_trail(resources, _):
    (trail,) = of_type(resources, "AWS::CloudTrail::Trail").values()
    assert trail["IsLogging"] is trail["IsMultiRegionTrail"] is trail["EnableLogFileValidation"] is True
    kinds = set()
    for selector in trail["AdvancedEventSelectors"]:
        fields = {f["Field"]: f for f in selector["FieldSelectors"]}
        category = fields["eventCategory"]["Equals"][0]
        kinds.add(category if category == "Management" else fields["resources.type"]["Equals"][0])
        for start in fields.get("resources.ARN", {}).get("StartsWith", []):
            assert f"deepwiki-omr-{environment(resources)}-" in start, start
    assert kinds == {"Management", "AWS::S3::Object", "AWS::DynamoDB::Table"}
    assert trail["CloudWatchLogsLogGroupArn"] == "arn:Governance/TrailLogs"


@proves(53, 56)
def nobody_takes_back_what_is_on_the_trail(resources, _):
    (trail,) = of_type(resources, "AWS::CloudTrail::Trail").values()
    bucket = resources[target(trail["S3BucketName"])]["Properties"]
    kept = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert bucket["ObjectLockEnabled"] is True and kept["Days"] == 1096
    assert kept["Mode"] == ("COMPLIANCE" if environment(resources) == "prod" else "GOVERNANCE")
    assert resources["Governance/TrailLogs"]["Properties"]["RetentionInDays"] == 1096
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def _no_data_events(resources, _):
    del resources["Governance/Trail"]["Properties"]["AdvancedEventSelectors"][1]


def _late_notice(resources, _):
    resources["Governance/Budget"]["Properties"]["NotificationsWithSubscribers"][0]["Notification"]["Threshold"] = 95


def _great_growth(resources, _):
    resources["Governance/Growth"]["Properties"]["NotificationsWithSubscribers"][0]["Notification"]["Threshold"] = 300


BROKEN = [
    ("a_budget_speaks_at_eighty_percent", _late_notice),
    ("a_budget_speaks_at_eighty_percent", drop("Governance/Budget", "Budget", "FilterExpression")),
    ("a_budget_follows_the_month_before", _great_growth),
    ("a_budget_follows_the_month_before", drop("Governance/Growth", "Budget", "AutoAdjustData")),
    ("budgets_are_heard", put("Governance/Budget", [], "NotificationsWithSubscribers", 0, "Subscribers")),
    ("every_call_and_every_access_to_data_is_on_the_trail", _no_data_events),
    ("every_call_and_every_access_to_data_is_on_the_trail", put("Governance/Trail", False, "EnableLogFileValidation")),
    ("every_call_and_every_access_to_data_is_on_the_trail", put("Governance/Trail", False, "IsMultiRegionTrail")),
    ("nobody_takes_back_what_is_on_the_trail", put("Governance/TrailBucket", "GOVERNANCE", "ObjectLockConfiguration", "Rule", "DefaultRetention", "Mode")),
    ("nobody_takes_back_what_is_on_the_trail", put("Governance/TrailLogs", 365, "RetentionInDays")),
]
