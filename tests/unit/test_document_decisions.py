"""What is decided from given readings of the network, without the network."""

from __future__ import annotations

import numpy as np
import pytest

from extract.documents import document_from_text
from extract.normalise.actors import find_actors, resolve_actor
from extract.providers.embedded import recipients
from extract.providers.embedded.candidates import Candidate, Name, Readings
from extract.providers.embedded.decide import Thresholds, _Decider
from extract.providers.embedded.examples import CLASS_INDEX, CLASSES
from extract.providers.embedded.mentions import find_mentions
from extract.providers.embedded.sentences import split_sentences

# What is decided here does not hang on how sure the whole record is.
HOWEVER_UNSURE = Thresholds(confidence=0.0)


@pytest.fixture(autouse=True)
def by_rules(monkeypatch):
    """Recipients as the rules say; what is chosen beside them is test_embedded_recipients'."""
    monkeypatch.setattr(recipients, "coefficients", lambda: {"ruled": 50.0})


def read(text, anchors):
    """Readings of a text: `(words, class, probability, {actor: p}, {counterpart: p})` an anchor."""
    document = document_from_text(text)
    readings = Readings(
        document, split_sentences(text), find_mentions(text, document.language), find_actors(text, document.language)
    )

    def name(words):
        for one in readings.names:
            if one.words == words:
                return one
        start = text.index(words)
        one = Name(start, start + len(words), words, resolve_actor(words, "unknown", document.language), None)
        readings.names.append(one)
        return one

    for words, label, probability, actors, counterparts in anchors:
        start = text.index(words)
        scores = np.zeros(len(CLASSES))
        scores[CLASS_INDEX[label]] = probability
        kind = {"M": "actor", "T": "headcount"}.get(label[0], "money")
        sides = [sorted(((p, name(one)) for one, p in side.items()), key=lambda one: -one[0])
                 for side in (actors, counterparts)]  # fmt: skip
        readings.candidates.append(
            Candidate(start, start + len(words), kind, label[0], probability, scores,
                      name(words) if kind == "actor" else None, *sides)
        )  # fmt: skip
    readings.candidates.sort(key=lambda one: one.start)
    return readings


def decided(text, anchors):
    return _Decider(read(text, anchors), HOWEVER_UNSURE).decide().drafts


SEATS = "Chile has joined the Andean Community. Diplomats were pleased. Panama was invited, a spokesman said."


def test_a_sure_member_belongs_to_the_one_body_that_the_document_is_about():
    drafts = decided(
        SEATS, [("Chile", "M member", 0.98, {}, {"Andean Community": 0.9}), ("Panama", "M invited", 0.98, {}, {})]
    )
    assert [(one["member"]["name"], one["organisation"]["name"], one["stage"]) for one in drafts] == [
        ("Chile", "Andean Community", "member"), ("Panama", "Andean Community", "invited"),
    ]  # fmt: skip
    assert any("Andean Community" in quote for quote in drafts[1]["quotes"])


def test_a_member_of_one_of_two_bodies_gives_no_record_and_says_why():
    text = SEATS.replace("Panama", "Peru joined the African Union. Panama")
    anchors = [("Chile", "M member", 0.98, {}, {"Andean Community": 0.9}), ("Panama", "M invited", 0.98, {}, {}),
               ("Peru", "M member", 0.95, {}, {"African Union": 0.9})]  # fmt: skip
    decision = _Decider(read(text, anchors), HOWEVER_UNSURE).decide()
    assert "Panama" not in [one["member"]["name"] for one in decision.drafts]
    reasons = [one["reason"] for one in decision.rejected if one["member"]["name"] == "Panama"]
    assert reasons == ["no organisation is named that it belongs to"]


def test_a_member_whose_organisation_is_named_in_a_later_sentence_belongs_to_it():
    text = "Chile and Peru walked out. The Andean Community regretted it."
    anchors = [("Chile", "M withdrawn", 0.9, {}, {"Andean Community": 0.4, "Peru": 0.3})]
    drafts = decided(text, anchors)
    assert [one["organisation"]["name"] for one in drafts] == ["Andean Community"]


@pytest.mark.parametrize(
    ("between", "count"),
    [(", nearly ", 1), (", ", 1), (" (", 1), (" and ", 2), (", and ", 2), (", Ghana ", 2), (". Later came ", 2)],
)
def test_a_sum_in_apposition_repeats_the_one_before_it(between, count):
    text = f"Norway gives Benin 12 million euros{between}13 million dollars)."
    sums = [(words, "P pledged", 0.9, {"Norway": 0.9}, {"Benin": 0.9})
            for words in ("12 million euros", "13 million dollars")]  # fmt: skip
    anchors = sums if "Ghana" not in text else [sums[0], (*sums[1][:3], {"Ghana": 0.9}, {"Benin": 0.9, "Ghana": 0.0})]
    assert len(decided(text, anchors)) == count


def test_a_loan_for_a_project_goes_to_its_country():
    text = "The World Bank lends Senegal 50 million dollars for the Programme of Municipal Support."
    anchors = [("50 million dollars", "P committed", 0.9, {"World Bank": 0.9},
                {"Programme of Municipal Support": 0.7, "Senegal": 0.2})]  # fmt: skip
    assert decided(text, anchors)[0]["recipient"]["name"] == "Senegal"


def test_the_fund_of_the_first_sentence_receives_where_a_sentence_does_not_say():
    text = (
        "Donors met for the Global Fund in Nairobi. Canada gives 20 million dollars. "
        "Chile raised its own sum in Kenya to 4 million dollars."
    )
    anchors = [
        ("20 million dollars", "P pledged", 0.9, {"Canada": 0.9}, {"Global Fund": 0.3, "Kenya": 0.1}),
        ("4 million dollars", "P pledged", 0.9, {"Chile": 0.9}, {"Kenya": 0.3}),
    ]
    assert [one["recipient"]["name"] for one in decided(text, anchors)] == ["Global Fund", "Global Fund"]


def test_who_governs_a_state_is_invited_for_it():
    text = "Chile has joined the Andean Community. Panama's President Ana Ruiz was invited to the Andean Community."
    readings = read(text, [("Ana Ruiz", "M invited", 0.95, {}, {"Andean Community": 0.9})])
    person, panama = readings.candidates[0].name, next(one for one in readings.named if one.surface == "Panama")
    readings.candidates[0].name = Name(person.start, person.end, person.words, person.actor, panama)
    readings.candidates[0].scores[CLASS_INDEX["executive_member"]] = 0.9
    draft = _Decider(readings, HOWEVER_UNSURE).decide().drafts[0]
    assert (draft["member"]["name"], draft["role"], draft["representative"]) == ("Panama", "member", "Ana Ruiz")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("The executive board of the African Union includes the surgeon Ama Owusu and her aide Kofi Boateng.",
         "executive_member"),
        ("Le bureau de l'Union africaine comprend la chirurgienne Ama Owusu et son adjoint Kofi Boateng.", "member"),
        ("El consejo ejecutivo de la Unión Africana lo integran Ama Owusu y Kofi Boateng.", "executive_member"),
        ("Dem Vorstand der Afrikanischen Union gehören Ama Owusu und Kofi Boateng an.", "executive_member"),
        ("В состав совета Африканского союза вошли Ama Owusu и её помощник Kofi Boateng.", "member"),
        ("يضم المجلس التنفيذي في الاتحاد الأفريقي كلا من Ama Owusu و Kofi Boateng.", "executive_member"),
        ("非洲联盟执行理事会成员包括 Ama Owusu 和 Kofi Boateng。", "executive_member"),
    ],
)
def test_persons_that_a_sentence_lists_as_a_body_are_its_members(text, role):
    union = next(one.surface for one in find_actors(text, document_from_text(text).language))
    sure = {union: 0.95}
    drafts = decided(text, [(person, "M member", 0.99, {}, sure) for person in ("Ama Owusu", "Kofi Boateng")])
    assert [(one["member"]["name"], one["role"]) for one in drafts] == [("Ama Owusu", role), ("Kofi Boateng", role)]


@pytest.mark.parametrize(("probability", "roles"), [(0.4, []), (0.9, ["member"])])
def test_a_person_without_a_named_seat_is_a_member_where_the_network_rather_says_so(probability, roles):
    text = "Ama Owusu spoke for the African Union."
    drafts = decided(text, [("Ama Owusu", "M member", probability, {}, {"African Union": 0.95})])
    assert [one["role"] for one in drafts] == roles


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("Norway has paid Chad $30 million of the $75 million it pledged.", "$30 million", "$75 million"),
        ("Norway a versé au Chad 30 millions des 75 millions de dollars.", "30 millions", "75 millions de dollars"),
        ("Norway hat Chad 30 Millionen der 75 Millionen Dollar gezahlt.", "30 Millionen", "75 Millionen Dollar"),
        ("Norway pagó a Chad 30 millones de los 75 millones de dólares.", "30 millones", "75 millones de dólares"),
        ("Norway выплатила Chad 30 миллионов из 75 миллионов долларов.", "30 миллионов", "75 миллионов долларов"),
    ],
)
def test_of_a_sum_of_which_a_part_was_paid_the_whole_was_promised(text, part, whole):
    sides = ({"Norway": 0.97}, {"Chad": 0.95})
    drafts = decided(text, [(part, "P disbursed", 0.97, *sides), (whole, "P disbursed", 0.97, *sides)])
    assert [one["stage"] for one in drafts] == ["disbursed", "pledged"]


def test_one_name_beside_a_body_is_not_its_list():
    text = "The executive board of the African Union, composed of engineers, was praised by Ama Owusu."
    drafts = decided(text, [("Ama Owusu", "M member", 0.99, {}, {"African Union": 0.95})])
    assert [one["role"] for one in drafts] == ["member"]


@pytest.mark.parametrize(
    ("recipient", "wanted"),
    [("the Fund", "Green Climate Fund"), ("the Organisation", "Organisation of American States")],
)
def test_a_body_called_by_its_kind_is_the_one_of_that_kind_named_before(recipient, wanted):
    text = (
        "The Organisation of American States and the African Union met the Green Climate Fund. "
        f"Canada gives 20 million dollars to {recipient} again."
    )
    anchors = [("20 million dollars", "P pledged", 0.9, {"Canada": 0.9}, {recipient: 0.9})]
    assert decided(text, anchors)[0]["recipient"]["name"] == wanted


def test_the_first_figure_of_two_is_not_that_of_the_last_of_a_list_alone():
    text = "Denmark, Norway and Sweden clubbed together for $240 million, of which Peru is to cover $110 million."
    three = {"Denmark": 0.5, "Norway": 0.4, "Sweden": 0.6}
    nobody = dict.fromkeys([*three, "Peru"], 0.01)
    drafts = decided(
        text,
        [
            ("$240 million", "P pledged", 0.95, nobody | three, nobody),
            ("$110 million", "P pledged", 0.9, nobody | {"Peru": 0.9}, nobody),
        ],
    )
    assert [({actor["name"] for actor in one["contributors"]}, one["money"]) for one in drafts] == [
        ({"Denmark", "Norway", "Sweden"}, "$240 million"), ({"Peru"}, "$110 million"),
    ]  # fmt: skip


def test_troops_for_a_country_serve_in_the_one_force_that_serves_there():
    text = "Kenya sent 400 officers to Haiti. The Multinational Security Support Mission was approved last year."
    anchors = [("400 officers", "T deployed", 0.95, {"Kenya": 0.9}, {"Haiti": 0.8})]
    assert decided(text, anchors)[0]["force"]["name"] == "Multinational Security Support Mission"
    two = text + " The United Nations mission MINUSTAH had left years before."
    assert decided(two, anchors)[0]["force"]["name"] == "Haiti"


def test_a_description_means_the_only_body_of_its_kind():
    text = "Norway gave 40 million euros to the anti-gang force. The Gang Suppression Force began in September."
    anchors = [("40 million euros", "P disbursed", 0.95, {"Norway": 0.9}, {"the anti-gang force": 0.9})]
    assert decided(text, anchors)[0]["recipient"]["name"] == "Gang Suppression Force"
    two = text + " The African Standby Force did not."
    assert decided(two, anchors)[0]["recipient"]["name"] == "the anti-gang force"


def test_a_givers_own_state_receives_nothing_from_it():
    text = "USAID will give $155 million, the United States said, to Syria."
    sides = {"United States": 0.6, "Syria": 0.5}
    draft = decided(text, [("$155 million", "P pledged", 0.95, {"USAID": 0.9, "United States": 0.1}, sides)])[0]
    assert (draft["contributors"][0]["name"], draft["recipient"]["name"]) == ("USAID", "Syria")


def test_a_states_agency_beside_it_is_no_other_giver():
    text = "Turkey and TIKA gave 15 million dollars to Gaza."
    draft = decided(text, [("15 million dollars", "P disbursed", 0.95, {"Turkey": 0.9, "TIKA": 0.8}, {"Gaza": 0.9})])[0]
    assert [one["name"] for one in draft["contributors"]] == ["Turkey"]


HOSTS = "Norway's army has 400 soldiers in Chad, 300 soldiers in Niger and 250 soldiers in Benin."


def test_hosts_that_take_turns_with_headcounts_are_where_each_of_them_serves():
    anchors = [(f"{n} soldiers", "T deployed", 0.95, {"Norway": 0.6, host: 0.05}, {host: 0.6, "Norway": 0.05})
               for n, host in ((400, "Chad"), (300, "Niger"), (250, "Benin"))]  # fmt: skip
    told = [(one["contributors"][0]["name"], one["headcount"], one["force"]["name"]) for one in decided(HOSTS, anchors)]
    assert told == [("Norway", "400 soldiers", "Chad"), ("Norway", "300 soldiers", "Niger"),
                    ("Norway", "250 soldiers", "Benin")]  # fmt: skip


def test_names_that_hardly_receive_are_no_row_of_recipients():
    text = "Chad's 40 million euros and Niger's 30 million euros came late, Norway said."
    anchors = [(f"{n} million euros", "P disbursed", 0.95, {"Norway": 0.5}, {own: 0.1})
               for n, own in ((40, "Chad"), (30, "Niger"))]  # fmt: skip
    assert [one["recipient"] for one in decided(text, anchors)] == [None, None]


def test_who_gives_the_figure_before_gives_the_next_one_of_its_sentence():
    anchors = [("400 soldiers", "T deployed", 0.95, {"Norway": 0.6}, {"Chad": 0.6}),
               ("300 soldiers", "T deployed", 0.95, {"Norway": 0.05}, {"Niger": 0.6}),
               ("250 soldiers", "T deployed", 0.2, {"Ghana": 0.95}, {})]  # fmt: skip
    text = HOSTS.replace(" and 250 soldiers in Benin", ". Ghana has 250 soldiers")
    told = [(one["contributors"][0]["name"], one["headcount"]) for one in decided(text, anchors)]
    assert told == [("Norway", "400 soldiers"), ("Norway", "300 soldiers"), ("Ghana", "250 soldiers")]


@pytest.mark.parametrize(("wanted", "other"), [("member", "withdrawn"), ("withdrawn", "member")])
def test_of_the_stages_that_a_record_may_have_it_gets_the_one_it_is_likeliest_right_with(wanted, other):
    readings = read("Chile is in the Andean Community.", [("Chile", "M member", 0.5, {}, {"Andean Community": 0.9})])
    readings.candidates[0].scores[CLASS_INDEX["M withdrawn"]] = 0.4
    judge = {wanted: 0.7, other: 0.6}
    decider = _Decider(readings, HOWEVER_UNSURE, judge=lambda found: judge["member" if found["stage_is_member"] else
                       "withdrawn"])  # fmt: skip
    decision = decider.decide()
    assert [one["stage"] for one in decision.drafts] == [wanted]
    assert decision.confidence == [0.7]


def test_all_stages_are_kept_for_what_the_confidence_is_fitted_on():
    readings = read("Chile is in the Andean Community.", [("Chile", "M member", 0.5, {}, {"Andean Community": 0.9})])
    readings.candidates[0].scores[CLASS_INDEX["M withdrawn"]] = 0.4
    decision = _Decider(readings, HOWEVER_UNSURE, keeps_all=True).decide()
    assert [one["stage"] for one in decision.drafts] == ["member", "withdrawn"]
    assert [one["stage_ruled"] for one in decision.evidence] == [1.0, 0.0]


@pytest.mark.parametrize(("later", "kept"), [("accepted", ["accepted"]), ("member", ["proposed", "member"])])
def test_who_has_accepted_a_seat_is_no_longer_proposed_for_it(later, kept):
    text = "Chile may join the Andean Community. Later Chile did so."
    readings = read(text, [("Chile", "M proposed", 0.9, {}, {"Andean Community": 0.9})])
    more = read(text.replace("Chile may", "Peru_ may"), [("Chile", f"M {later}", 0.9, {}, {"Andean Community": 0.9})])
    readings.candidates += more.candidates
    decision = _Decider(readings, HOWEVER_UNSURE).decide()
    assert [one["stage"] for one in decision.drafts] == kept
    assert len(decision.drafts) == len(decision.confidence) == len(decision.evidence)


@pytest.mark.parametrize(("member", "kept"), [(0.3, ["pledge"]), (0.8, ["pledge", "membership"])])
def test_who_gives_a_figure_is_a_member_of_something_only_where_that_is_likely(member, kept):
    text = "Chile, of the Andean Community, gives Benin 12 million euros."
    anchors = [("12 million euros", "P pledged", 0.9, {"Chile": 0.9}, {"Benin": 0.9}),
               ("Chile", "M member", member, {}, {"Andean Community": 0.9})]  # fmt: skip
    assert [one["type"] for one in decided(text, anchors)] == kept
