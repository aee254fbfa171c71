"""Expands a template as CloudFormation's transform AWS::LanguageExtensions does, so that checks see what is deployed.

It implements what AWS documents of the functions that template.yaml uses: Fn::ForEach, Fn::FindInMap with its default value, and
functions within Ref and Fn::GetAtt. It refuses what CloudFormation would refuse or leave unexpanded.
"""

import copy
import re

TRANSFORM = "AWS::LanguageExtensions"
LOOP = "Fn::ForEach::"
# Where AWS allows a loop: within sections of these names, also in the properties of a resource.
SECTIONS = ("Conditions", "Resources", "Outputs")
# Functions of the transform that the template does not use.
OTHERS = ("Fn::Length", "Fn::ToJsonString")
DEEPEST = 5  # loops within each other
VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


class Refused(Exception):
    """CloudFormation would not take the template, or would not expand it as it is meant."""


def expand(template):
    """The template with every loop unrolled and every mapping looked up; with functions in their long forms."""
    transforms = template.get("Transform", [])
    transforms = transforms if isinstance(transforms, list) else [transforms]
    if TRANSFORM not in transforms:
        return copy.deepcopy(template)
    if transforms[0] != TRANSFORM:
        raise Refused(f"{TRANSFORM} must be the first transform")
    expansion = Expansion(template)
    expanded = {}
    for section, content in template.items():
        expanded[section] = expansion.section(content) if section in SECTIONS else copy.deepcopy(content)
    for name in [*expanded.get("Resources", {}), *expanded.get("Outputs", {}), *expanded.get("Conditions", {})]:
        if not re.fullmatch("[A-Za-z0-9]+", name):
            raise Refused(f"{name}: a logical id has only letters and digits")
    rest = [transform for transform in transforms if transform != TRANSFORM]
    expanded["Transform"] = rest[0] if len(rest) == 1 else rest
    return expanded


class Expansion:
    def __init__(self, template):
        self.mappings = template.get("Mappings", {})
        self.parameters = template.get("Parameters", {})
        self.taken = {*self.parameters, *template.get("Resources", {})}
        self.loops = set()

    def section(self, content):
        return self.walk(content, {})

    def walk(self, value, items):
        """`items` are the loops' identifiers, each with the item that it stands for."""
        if isinstance(value, list):
            return [self.walk(one, items) for one in value]
        if isinstance(value, str):
            # CloudFormation leaves it as it is: an Fn::Sub is missing.
            for name in VARIABLE.findall(value):
                if name in items:
                    raise Refused(f"{value}: ${{{name}}} is replaced only in keys and in Fn::Sub")
            return value
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in OTHERS:
                raise Refused(f"{name} is not understood here")
            function = {"Ref": self.ref, "Fn::Sub": self.sub, "Fn::GetAtt": self.attribute, "Fn::FindInMap": self.find}.get(name)
            if function:
                return function(argument, items)
        walked = {}
        for key, inner in value.items():
            parts = self.loop(key, inner, items) if key.startswith(LOOP) else {self.key(key, items): self.walk(inner, items)}
            for name, part in parts.items():
                if name in walked:
                    raise Refused(f"{name} is there twice")
                walked[name] = part
        return walked

    def loop(self, key, argument, items):
        name = key.removeprefix(LOOP)
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[2], dict):
            raise Refused(f"{key}: expected an identifier, a collection and what is repeated")
        identifier, collection, body = argument
        # The same loop within another one is unrolled once for each of that one's items.
        if name in self.taken or (not items and name in self.loops):
            raise Refused(f"{key}: {name} is the name of something else")
        if identifier in items or identifier in self.taken:
            raise Refused(f"{key}: {identifier} is the name of something else")
        if len(items) == DEEPEST:
            raise Refused(f"{key}: more than {DEEPEST} loops within each other")
        self.loops.add(name)
        for inner in body:
            if not inner.startswith(LOOP) and not re.search(r"[$&]\{" + re.escape(identifier) + r"\}", inner):
                raise Refused(f"{key}: {inner} would be the same for each item")
        unrolled = {}
        for item in self.collection(key, collection, items):
            for name, part in self.walk(body, {**items, identifier: item}).items():
                if name in unrolled:
                    raise Refused(f"{name} is there twice")
                unrolled[name] = part
        return unrolled

    def collection(self, key, collection, items):
        if isinstance(collection, dict) and isinstance(collection.get("Ref"), str):
            parameter = self.parameters.get(collection["Ref"], {})
            if parameter.get("Type") != "CommaDelimitedList" or "Default" not in parameter:
                raise Refused(f"{key}: {collection['Ref']} is no list with a default")
            return [item.strip() for item in parameter["Default"].split(",")]
        found = self.walk(collection, items)
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise Refused(f"{key}: its collection is no list of texts")
        return found

    def key(self, key, items):
        for identifier, item in items.items():
            key = key.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", re.sub("[^A-Za-z0-9]", "", item))
        return key

    def ref(self, argument, items):
        name = self.walk(argument, items)
        if isinstance(argument, dict) and not isinstance(name, str):
            raise Refused(f"{argument}: what Ref refers to is not known before the deployment")
        return items.get(name, {"Ref": name})

    def attribute(self, argument, items):
        if isinstance(argument, str):
            return {"Fn::GetAtt": argument.split(".", 1)}
        walked = self.walk(argument, items)
        if not all(isinstance(part, str) for part in walked):
            raise Refused(f"{argument}: what Fn::GetAtt refers to is not known before the deployment")
        return {"Fn::GetAtt": walked}

    def sub(self, argument, items):
        """Without what is known before the deployment; a text when nothing else is left."""
        text, names = argument if isinstance(argument, list) else (argument, {})
        names = {name: self.walk(inner, items) for name, inner in names.items()}
        known = {**items, **{name: str(inner) for name, inner in names.items() if isinstance(inner, (str, int))}}
        text = VARIABLE.sub(lambda found: known.get(found[1], found[0]), text)
        rest = {name: inner for name, inner in names.items() if name not in known}
        if rest:
            return {"Fn::Sub": [text, rest]}
        return {"Fn::Sub": text} if "${" in text else text

    def find(self, argument, items):
        *keys, default = argument if len(argument) == 4 else [*argument, None]
        keys = [self.walk(key, items) for key in keys]
        if not all(isinstance(key, str) for key in keys):
            raise Refused(f"{argument}: the keys are not known before the deployment")
        found = self.mappings
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if found is None and default is None:
            raise Refused(f"there is no {' / '.join(keys)} in the mappings")
        return self.walk(default["DefaultValue"], items) if found is None else copy.deepcopy(found)
