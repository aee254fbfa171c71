"""What expand.py does, case by case; and that it does to template.yaml what cfn-lint's own transform does."""

import json
import unittest

from cfnlint.decode import decode
from cfnlint.template import Template as Linted
from cfnlint.template.transforms._language_extensions import language_extension

from expand import Refused, expand
from template import ROOT, Template, source


def with_transform(**sections):
    return {"Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"], **sections}


def resources(body, **sections):
    return expand(with_transform(Resources=body, **sections))["Resources"]


def topic(**properties):
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


class Loops(unittest.TestCase):
    def test_a_loop_makes_what_it_repeats_for_each_item(self):
        made = resources({"Fn::ForEach::Topics": ["Name", ["A", "B"], {"Topic${Name}": topic(DisplayName={"Ref": "Name"})}]})
        self.assertEqual(made, {"TopicA": topic(DisplayName="A"), "TopicB": topic(DisplayName="B")})

    def test_a_collection_is_a_parameter_or_a_mapping_too(self):
        parameters = {"Names": {"Type": "CommaDelimitedList", "Default": "A, B"}}
        body = {"Topic${Name}": topic()}
        made = resources({"Fn::ForEach::Topics": ["Name", {"Ref": "Names"}, body]}, Parameters=parameters)
        self.assertEqual(list(made), ["TopicA", "TopicB"])
        mappings = {"All": {"Of": {"Them": ["C", "D"]}}}
        made = resources({"Fn::ForEach::Topics": ["Name", {"Fn::FindInMap": ["All", "Of", "Them"]}, body]}, Mappings=mappings)
        self.assertEqual(list(made), ["TopicC", "TopicD"])

    def test_a_loop_within_a_loop_knows_both_items(self):
        inner = {"Fn::ForEach::Inner": ["Y", ["1", "2"], {"T${X}${Y}": topic(DisplayName={"Fn::Sub": "${X}-${Y}"})}]}
        made = resources({"Fn::ForEach::Outer": ["X", ["A", "B"], inner]})
        self.assertEqual([it["Properties"]["DisplayName"] for it in made.values()], ["A-1", "A-2", "B-1", "B-2"])
        self.assertEqual(list(made), ["TA1", "TA2", "TB1", "TB2"])

    def test_a_loop_repeats_properties(self):
        made = resources({"T": topic(**{"Fn::ForEach::P": ["X", ["A", "B"], {"P${X}": {"Ref": "X"}}]}, Q=1)})
        self.assertEqual(made["T"]["Properties"], {"PA": "A", "PB": "B", "Q": 1})

    def test_a_key_can_leave_out_what_no_logical_id_has(self):
        made = resources({"Fn::ForEach::T": ["Ip", ["10.0"], {"Topic&{Ip}": topic(DisplayName={"Fn::Sub": "${Ip}"})}]})
        self.assertEqual(made, {"Topic100": topic(DisplayName="10.0")})

    def test_outputs_and_conditions_are_repeated_too(self):
        conditions = {"Fn::ForEach::C": ["X", ["A"], {"Is${X}": {"Fn::Equals": [{"Ref": "Mode"}, {"Ref": "X"}]}}]}
        outputs = {"Fn::ForEach::O": ["X", ["A"], {"Of${X}": {"Value": {"Fn::GetAtt": [{"Fn::Sub": "T${X}"}, "Arn"]}}}]}
        template = with_transform(Resources={}, Conditions=conditions, Outputs=outputs)
        self.assertEqual(expand(template)["Conditions"], {"IsA": {"Fn::Equals": [{"Ref": "Mode"}, "A"]}})
        self.assertEqual(expand(template)["Outputs"], {"OfA": {"Value": {"Fn::GetAtt": ["TA", "Arn"]}}})

    def test_what_aws_would_refuse_or_leave_as_it_is_is_refused(self):
        body = {"T${X}": topic()}
        for wrong in [
            {"Fn::ForEach::L": ["X", ["A", "A"], body]},
            {"Fn::ForEach::L": ["X", ["A"], body], "TA": topic()},
            {"Fn::ForEach::L": ["X", ["A"], {"T": topic()}]},
            {"Fn::ForEach::L": ["X", ["A-B"], body]},
            {"Fn::ForEach::L": ["X", "A", body]},
            {"Fn::ForEach::L": ["X", ["A"]]},
            {"Fn::ForEach::L": ["X", {"Ref": "Nothing"}, body]},
            {"Fn::ForEach::L": ["Mode", ["A"], {"T${Mode}": topic()}]},
            {"Fn::ForEach::L": ["X", ["A"], {"Fn::ForEach::M": ["X", ["B"], body]}]},
            {"Fn::ForEach::L": ["X", ["A"], {"T${X}": topic() | {"DependsOn": "Other${X}"}}]},
            {"Fn::ForEach::L": ["X", ["A"], {"T${X}": topic() | {"Condition": "Has${X}"}}]},
            {"Fn::ForEach::L": ["X", ["A"], body], "L": topic()},
        ]:
            with self.subTest(wrong), self.assertRaises(Refused):
                resources(wrong, Parameters={"Mode": {"Type": "String"}})


class Functions(unittest.TestCase):
    MAPPINGS = {"Kinds": {"Nat": {"Name": "nat", "Times": 3, "List": ["a"]}}}

    def value(self, value):
        return resources({"T": topic(P=value)}, Mappings=self.MAPPINGS)["T"]["Properties"]["P"]

    def test_a_mapping_is_looked_up(self):
        self.assertEqual(self.value({"Fn::FindInMap": ["Kinds", "Nat", "Name"]}), "nat")
        self.assertEqual(self.value({"Fn::FindInMap": ["Kinds", "Nat", "Times"]}), 3)
        self.assertEqual(self.value({"Fn::FindInMap": ["Kinds", "Nat", "List"]}), ["a"])

    def test_a_default_stands_for_what_is_not_there(self):
        default = {"DefaultValue": {"Ref": "AWS::NoValue"}}
        self.assertEqual(self.value({"Fn::FindInMap": ["Kinds", "Dns", "Name", default]}), {"Ref": "AWS::NoValue"})
        self.assertEqual(self.value({"Fn::FindInMap": ["Kinds", "Nat", "Name", default]}), "nat")
        for keys in (["Kinds", "Dns", "Name"], ["Others", "Nat", "Name"], ["Kinds", "Nat", {"Ref": "Mode"}]):
            with self.subTest(keys), self.assertRaises(Refused):
                self.value({"Fn::FindInMap": keys})

    def test_a_reference_is_made_of_functions(self):
        found = {"Fn::FindInMap": ["Kinds", "Nat", "Name"]}
        self.assertEqual(self.value({"Ref": found}), {"Ref": "nat"})
        self.assertEqual(self.value({"Fn::GetAtt": [found, "Arn"]}), {"Fn::GetAtt": ["nat", "Arn"]})
        for unknown in ({"Ref": {"Ref": "Mode"}}, {"Fn::GetAtt": [{"Ref": "Mode"}, "Arn"]}):
            with self.subTest(unknown), self.assertRaises(Refused):
                self.value(unknown)

    def test_a_text_keeps_what_only_the_deployment_knows(self):
        name = {"Fn::FindInMap": ["Kinds", "Nat", "Name"]}
        self.assertEqual(self.value({"Fn::Sub": ["${AWS::StackName}-${N}", {"N": name}]}), {"Fn::Sub": "${AWS::StackName}-nat"})
        self.assertEqual(self.value({"Fn::Sub": ["${N}!", {"N": name}]}), "nat!")
        rest = {"Fn::Sub": ["${N}-${M}", {"M": {"Ref": "Mode"}}]}
        self.assertEqual(self.value(rest), rest)
        self.assertEqual(self.value({"Fn::Sub": "${!N}"}), {"Fn::Sub": "${!N}"})

    def test_everything_else_stays(self):
        for value in ({"Fn::If": ["A", 1, {"Ref": "B"}]}, {"Fn::Split": [",", {"Ref": "B"}]}, "${AWS::StackName}", True, [], {}):
            self.assertEqual(self.value(value), value)
        with self.assertRaises(Refused):
            self.value({"Fn::Length": [1]})


class Transforms(unittest.TestCase):
    def test_only_a_template_that_asks_for_it_is_expanded(self):
        plain = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"T": topic(P={"Fn::FindInMap": ["A", "B", "C"]})}}
        self.assertEqual(expand(plain), plain)
        self.assertEqual(expand(with_transform(Resources={}))["Transform"], "AWS::Serverless-2016-10-31")
        with self.assertRaises(Refused):
            expand({"Transform": ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"], "Resources": {}})

    def test_cfn_lint_expands_the_template_to_the_same(self):
        path = str(ROOT / "template.yaml")
        decoded, problems = decode(path)
        self.assertEqual(problems, [])
        problems, theirs = language_extension(Linted(path, decoded))
        self.assertEqual(problems, [])
        ours = expand(source())
        # It leaves a text of known parts a function: the parts are put in on both sides.
        resolve = lambda expanded: Template(json.loads(json.dumps(expanded)))
        self.assertEqual(resolve(ours).resources, resolve(theirs).resources)
        self.assertEqual(resolve(ours).resolve(ours["Outputs"]), resolve(theirs).resolve(theirs["Outputs"]))


if __name__ == "__main__":
    unittest.main()
