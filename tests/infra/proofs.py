"""All checks of the rendered templates, and what breaks them."""

import checks
import checks_account
import checks_delivery
import checks_governance
import checks_network
import checks_observability
import checks_recovery
import checks_resilience
import checks_search
import checks_security

CHECKS = checks.CHECKS
BROKEN = [
    broken
    for module in (
        checks_account,
        checks_delivery,
        checks_governance,
        checks_network,
        checks_observability,
        checks_recovery,
        checks_resilience,
        checks_search,
        checks_security,
    )
    for broken in module.BROKEN
]
