"""Who buys at the simulated centre: enterprises of every standing that the programmes tell apart.

Names are invented and codes are made up. Spending goes from some hundred to some two million yuan a
year, so that each floor, cap and crossing of the three levels has somebody on either side of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from ledger.events import (
    ContractRegistered,
    Data,
    DeclarationFiled,
    EnterpriseRegistered,
    FactReported,
    PriceLine,
    QualificationGranted,
    ResourceListed,
    TaxDomicileRecorded,
)
from ledger.identifiers import synthetic_credit_code

FIRST_DAY: Final = date(2022, 1, 1)
PRICE_CHANGE_ON: Final = "2022-07-01"
VAT_RATE: Final = "0.06"

PROVIDER: Final = "91420100MA49P8T68D"
CENTRE: Final = EnterpriseRegistered(
    name="光谷智算中心（示例）", registered_region="420100", synthetic=True
)

ACCELERATOR: Final = "ascend-910b"
STORAGE: Final = "storage-ssd"
RESOURCES: Final = (
    ResourceListed(
        resource=ACCELERATOR,
        name="昇腾 910B 加速卡",
        kind="accelerator",
        unit="card",
        listed_on="2021-12-01",
        pflops="0.32",
    ),
    ResourceListed(
        resource=STORAGE, name="高速存储", kind="storage", unit="tb", listed_on="2021-12-01"
    ),
)

_FEN_PER_MILLION_YUAN: Final = 100_000_000

# Above this many thousandths of a card on average, the negotiated price applies.
_BIG_CUSTOMER_MILLI: Final = 15_000
_PRICES: Final = {"list": ("4.80", "4.50"), "negotiated": ("4.20", "4.00")}
_STORAGE_PRICE: Final = "2.50"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an enterprise is to the programmes, how much it computes, and how it pays.

    `average_milli` is how many thousandths of a card are busy on average; one card for a year costs
    some 40,000 yuan. `paid_after_days` is counted from the invoice; `withheld` is the number of the
    invoice of which only half is paid, 0 for none; `invoice_months` is 1 or 3.
    """

    average_milli: int
    qualifications: tuple[str, ...] = ()
    sales_million_yuan: int | None = None
    zone: str = "jiang-xia"
    region: str = "420100"
    related_party: bool = False
    storage_milli: int = 0
    contracts: int = 1
    invoice_months: int = 1
    paid_after_days: int = 15
    withheld: int = 0
    signed_on: str = "2022-01-01"


STANDINGS: Final = (
    # A small high-tech enterprise: province or city, whichever pays more.
    Standing(
        average_milli=14_000,
        qualifications=("high_tech_enterprise",),
        sales_million_yuan=60,
        storage_milli=8_000,
    ),
    # Above scale, high-tech, taxed in East Lake, two projects: the biggest customer.
    Standing(
        average_milli=58_000,
        qualifications=("high_tech_enterprise", "above_scale"),
        sales_million_yuan=150,
        zone="east-lake",
        storage_milli=60_000,
        contracts=2,
    ),
    # So little that the city's floor is not reached.
    Standing(average_milli=40, qualifications=("technology_sme",), sales_million_yuan=2),
    # A technology SME and nothing else.
    Standing(
        average_milli=650,
        qualifications=("technology_sme",),
        sales_million_yuan=18,
        storage_milli=500,
        invoice_months=3,
    ),
    # High-tech, sales over 200 million: too big for the province; signed before the city's year.
    Standing(
        signed_on="2021-12-20",
        average_milli=30_000,
        qualifications=("high_tech_enterprise",),
        sales_million_yuan=350,
        storage_milli=40_000,
    ),
    # In incubation.
    Standing(
        average_milli=300, qualifications=("incubated",), sales_million_yuan=1, storage_milli=200
    ),
    # The certificate ran out before the year began.
    Standing(average_milli=2_500, qualifications=("lapsed",), sales_million_yuan=45),
    # Related to the centre, and says so.
    Standing(
        average_milli=8_000,
        qualifications=("high_tech_enterprise",),
        sales_million_yuan=80,
        related_party=True,
        storage_milli=5_000,
    ),
    # Nobody has entered its sales: undetermined where they decide.
    Standing(
        average_milli=9_000,
        qualifications=("high_tech_enterprise",),
        zone="east-lake",
        storage_milli=12_000,
    ),
    # From another province.
    Standing(
        average_milli=4_000,
        qualifications=("high_tech_enterprise",),
        sales_million_yuan=70,
        zone="yue-lu",
        region="430100",
        invoice_months=3,
    ),
    # Pays months after it should.
    Standing(
        average_milli=17_000,
        qualifications=("technology_sme", "high_tech_enterprise", "above_scale"),
        sales_million_yuan=190,
        zone="east-lake",
        storage_milli=20_000,
        paid_after_days=95,
    ),
    # Holds back half of an invoice.
    Standing(
        average_milli=1_200,
        qualifications=("advanced_service",),
        sales_million_yuan=30,
        storage_milli=1_000,
        withheld=4,
    ),
)

BEYOND: Final = (
    # From elsewhere in the province, where no city or district shares: two projects in Yichang.
    Standing(
        average_milli=16_000,
        qualifications=("technology_sme", "high_tech_enterprise"),
        sales_million_yuan=90,
        zone="xi-ling",
        region="420500",
        storage_milli=6_000,
        contracts=2,
    ),
    # The same in Xiangyang, with one project.
    Standing(
        average_milli=6_000,
        qualifications=("high_tech_enterprise",),
        sales_million_yuan=40,
        zone="fan-cheng",
        region="420600",
        storage_milli=4_000,
    ),
)
"""Those who come to a centre once it has so many that the whole province knows it."""

# Twice every standing: a small centre's enterprises stay the same, whoever comes to a bigger one.
_AT_HOME: Final = 2 * len(STANDINGS)

_CITIES: Final = {"420100": "武汉", "420500": "宜昌", "420600": "襄阳", "430100": "长沙"}

# Two characters a word.
_FIRST_WORDS: Final = (
    "楚衡澜屿砚川栖禾朔光沐垣鹭洲青珩越桓岚澈霁原弘砺"
    "知樟云簌听澜星槎墨渚林溯江篱晴壑远岫禾汀启桁明渡"
)
_LAST_WORDS: Final = (
    "智能数算视觉药研新材气象机械语音仿真遥感基因芯片"
    "能源医影工软自驾测绘生信光电文创农科航测流体量化"
)
_WORDS: Final = len(_FIRST_WORDS) // 2


@dataclass(frozen=True, slots=True)
class Member:
    """One enterprise of the cast, from the first day through the last."""

    index: int
    credit_code: str
    name: str
    standing: Standing
    average_milli: int
    last: date
    seed: str

    @property
    def contracts(self) -> tuple[str, ...]:
        """Return the numbers of its contracts."""
        return tuple(
            f"SIM-2022-{self.index + 1:03d}-{number + 1}"
            for number in range(self.standing.contracts)
        )

    def price(self, resource: str, day: str) -> str:
        """Return the price of a resource on a day, in yuan for a card-hour or a TB-day."""
        if resource == STORAGE:
            return _STORAGE_PRICE
        return _PRICES[self._price_list][day >= PRICE_CHANGE_ON]

    @property
    def _price_list(self) -> str:
        """Return which prices it has."""
        big = self.standing.average_milli >= _BIG_CUSTOMER_MILLI
        return "negotiated" if big else "list"

    def papers(self) -> Iterator[Data]:
        """Yield what is filed on the first day: who it is, what it holds, what it signed."""
        standing = self.standing
        yield EnterpriseRegistered(
            name=self.name, registered_region=standing.region, synthetic=True
        )
        yield TaxDomicileRecorded(zone=standing.zone, valid_from="2021-01-01")
        years = range(FIRST_DAY.year, self.last.year + 1)
        for kind in standing.qualifications:
            yield from self._qualification(kind, years)
        for year in years:
            if standing.sales_million_yuan is not None:
                sales_fen = standing.sales_million_yuan * _FEN_PER_MILLION_YUAN
                yield FactReported(name="sales_fen", year=year - 1, value=sales_fen)
            yield DeclarationFiled(
                year=year, related_party=standing.related_party, serious_dishonesty=False
            )
        for number, contract in enumerate(self.contracts, start=1):
            yield self._contract(contract, number)

    def _qualification(self, kind: str, years: range) -> Iterator[QualificationGranted]:
        """Yield the certificates of one kind."""
        number = f"{self.index + 1:06d}"
        if kind == "technology_sme":
            for year in years:
                yield QualificationGranted(
                    kind=kind,
                    number=f"{year}420100{number}",
                    valid_from=f"{year}-01-10",
                    valid_to=f"{year}-12-31",
                )
        elif kind == "lapsed":
            yield QualificationGranted(
                kind="high_tech_enterprise",
                number=f"GR201842{number}",
                valid_from="2018-11-30",
                valid_to="2021-11-29",
            )
        elif kind == "high_tech_enterprise":
            yield QualificationGranted(
                kind=kind,
                number=f"GR202142{number}",
                valid_from="2021-11-15",
                valid_to="2024-11-14",
            )
        elif kind == "incubated":
            yield QualificationGranted(
                kind=kind,
                valid_from="2021-06-01",
                carrier="东湖示例孵化器",
                recognised_by="province",
            )
        else:
            yield QualificationGranted(kind=kind, valid_from="2021-01-01")

    def _contract(self, contract: str, number: int) -> ContractRegistered:
        """Return one of its contracts."""
        before, after = _PRICES[self._price_list]
        thousand_yuan = self.average_milli * 60 // 1000 // self.standing.contracts + 10
        return ContractRegistered(
            contract=contract,
            provider=PROVIDER,
            signed_on=self.standing.signed_on,
            service_from=FIRST_DAY.isoformat(),
            service_to=self.last.isoformat(),
            amount_fen=thousand_yuan * _FEN_PER_MILLION_YUAN // 1000,
            vat_rate=VAT_RATE,
            prices=(
                PriceLine(
                    resource=ACCELERATOR,
                    unit_price=before,
                    per="card_hour",
                    valid_to="2022-06-30",
                ),
                PriceLine(
                    resource=ACCELERATOR,
                    unit_price=after,
                    per="card_hour",
                    valid_from=PRICE_CHANGE_ON,
                ),
                PriceLine(resource=STORAGE, unit_price=_STORAGE_PRICE, per="tb_day"),
            ),
            project=f"RD-{self.index + 1:03d}-{number}",
            synthetic=True,
        )


def engage(seed: int, index: int, last: date) -> Member:
    """Return the enterprise of an index, the same for a seed however many there are."""
    round_, standing = _place(index)
    offset = Random(f"{seed}/names").randrange(_WORDS)  # noqa: S311 - made up, no secret
    # Counting through one list while stepping through the other meets each pair once.
    first, last_ = index % _WORDS, (index + index // _WORDS + offset) % _WORDS
    name = _FIRST_WORDS[2 * first : 2 * first + 2] + _LAST_WORDS[2 * last_ : 2 * last_ + 2]
    member_seed = f"{seed}/{index}"
    share = 100 if round_ == 0 else Random(member_seed).randrange(40, 106)  # noqa: S311 - as above
    return Member(
        index=index,
        credit_code=synthetic_credit_code(f"simulated/{seed}/{index}", standing.region),
        name=f"{_CITIES[standing.region]}{name}科技有限公司（示例）",
        standing=standing,
        average_milli=standing.average_milli * share // 100,
        last=last,
        seed=member_seed,
    )


def _place(index: int) -> tuple[int, Standing]:
    """Return how often every standing came before the enterprise of an index, and its own."""
    if index < _AT_HOME:
        round_, place = divmod(index, len(STANDINGS))
        return round_, STANDINGS[place]
    everybody = (*STANDINGS, *BEYOND)
    round_, place = divmod(index - _AT_HOME, len(everybody))
    return round_ + _AT_HOME // len(STANDINGS), everybody[place]
