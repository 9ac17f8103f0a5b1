"""The search collection, where there is one [2, 5, 14, 24, 48]."""

import json

from checks import GUARDED, SEARCHING, of_type, proves
from mutating import drop, put, remove


def policy(resources: dict, name: str):
    return json.loads(resources[f"Search/{name}"]["Properties"]["Policy"])


@proves(14, on=SEARCHING)
def the_collection_is_encrypted_private_and_narrow(resources, _):
    (collection,) = of_type(resources, "AWS::OpenSearchServerless::Collection").values()
    name = collection["Name"]
    assert collection["Type"] == "VECTORSEARCH" and len(name) <= 32
    encryption = policy(resources, "Encryption")
    assert encryption["AWSOwnedKey"] is False and encryption["KmsARN"] == "arn:Security/DataKey"
    (reach,) = policy(resources, "Reach")
    assert reach["AllowFromPublic"] is False and reach["SourceVPCEs"] == ["ref:Search/Entrance"]
    assert [rule["Resource"] for rule in (*encryption["Rules"], *reach["Rules"])] == [[f"collection/{name}"]] * 2
    (write,), (read,) = policy(resources, "Write"), policy(resources, "Read")
    assert write["Principal"] == ["arn:IndexRole"] and "arn:IndexRole" not in read["Principal"]
    for granted in (write, read):
        for rule in granted["Rules"]:
            assert rule["Resource"] == [f"index/{name}/*"] and not [p for p in rule["Permission"] if "*" in p]
    assert "aoss:WriteDocument" not in read["Rules"][0]["Permission"]


@proves(2, on=SEARCHING)
def search_takes_no_more_than_it_may(resources, _):
    (group,) = of_type(resources, "AWS::OpenSearchServerless::CollectionGroup").values()
    limits = group["CapacityLimits"]
    assert 0 < float(limits["MaxIndexingCapacityInOcu"]) <= 20 and 0 < float(limits["MaxSearchCapacityInOcu"]) <= 20


@proves(5, on=["prod-opensearch"])
def search_has_a_standby_in_prod(resources, _):
    for kind in ("Collection", "CollectionGroup"):
        (found,) = of_type(resources, f"AWS::OpenSearchServerless::{kind}").values()
        assert found["StandbyReplicas"] == "ENABLED", kind


@proves(14, on=GUARDED)
def there_is_no_collection_unless_it_is_asked_for(resources, _):
    assert not [name for name, resource in resources.items() if "OpenSearchServerless" in resource["Type"]]


def _public(resources, _):
    reach = resources["Search/Reach"]["Properties"]
    reach["Policy"] = reach["Policy"].replace('"AllowFromPublic": false', '"AllowFromPublic": true')


def _any_index(resources, _):
    read = resources["Search/Read"]["Properties"]
    read["Policy"] = read["Policy"].replace("aoss:ReadDocument", "aoss:*")


def _collection(resources, _):
    resources["Collection"] = {"Type": "AWS::OpenSearchServerless::Collection", "Properties": {}}


BROKEN = [
    ("the_collection_is_encrypted_private_and_narrow", _public),
    ("the_collection_is_encrypted_private_and_narrow", _any_index),
    ("the_collection_is_encrypted_private_and_narrow", put("Search/Collection", "SEARCH", "Type")),
    ("the_collection_is_encrypted_private_and_narrow", remove("Search/Encryption")),
    ("search_takes_no_more_than_it_may", drop("Search/Capacity", "CapacityLimits")),
    ("search_has_a_standby_in_prod", put("Search/Collection", "DISABLED", "StandbyReplicas")),
    ("there_is_no_collection_unless_it_is_asked_for", _collection),
]
