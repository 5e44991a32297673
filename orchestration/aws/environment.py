"""An environment on AWS and what everything in it is called.

One rule makes all names, `{project}-{environment}-{what}`; the CloudFormation templates follow it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.errors import LakehouseError

PROJECT = "ecommerce-lakehouse"
ENVIRONMENTS = ("dev", "staging", "prod")
# In the order of their deployment: each takes what those before it export.
STACKS = (
    *("storage", "glue_catalog", "notifications", "glue_jobs", "dbt_build", "step_lambdas"),
    *("step_functions", "triggers", "monitoring"),
)


@dataclass(frozen=True)
class Environment:
    """One of `ENVIRONMENTS` in one account.

    Attributes:
        name: dev, staging or prod.
        account: The AWS account's id, 12 digits.
    """

    name: str
    account: str

    def __post_init__(self) -> None:
        if self.name not in ENVIRONMENTS:
            raise LakehouseError(
                f"There is no environment {self.name!r}.", f"Choose {', '.join(ENVIRONMENTS)}."
            )

    def resource(self, what: str) -> str:
        """Name of a resource, such as `ecommerce-lakehouse-dev-pipeline`."""
        return f"{PROJECT}-{self.name}-{what}"

    def stack(self, template: str) -> str:
        """Name of the stack that is made from a template of `STACKS`."""
        return self.resource(template.replace("_", "-"))

    @property
    def bucket(self) -> str:
        """The one bucket; several environments can live in one account."""
        part = "" if self.name == "prod" else f"{self.name}-"
        return f"{PROJECT}-{part}{self.account}"

    @property
    def root(self) -> str:
        """Where the tables are, the `LAKEHOUSE_ROOT` of this environment."""
        return f"s3://{self.bucket}"

    @property
    def database_prefix(self) -> str:
        """Put before database names; none in prod."""
        return database_prefix(self.name)


def database_prefix(environment: str) -> str:
    """Put before database names of an environment; none in prod."""
    return "" if environment == "prod" else f"{environment}_"
