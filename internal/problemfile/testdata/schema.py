"""python schema.py SCHEMA FILE...: does the JSON Schema accept a problem file? One line for each: ok or refused, and the file.

Problem files are YAML 1.2: on and yes are texts, and so are all keys."""

import json
import re
import sys

import yaml
from jsonschema import Draft202012Validator


class Loader(yaml.SafeLoader):
    pass


Loader.yaml_implicit_resolvers = {
    k: [(tag, r) for tag, r in v if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:float")] for k, v in Loader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?$"), list("-+.0123456789"))


def texts(x):
    if isinstance(x, dict):
        return {str(k).lower() if isinstance(k, bool) else str(k): texts(v) for k, v in x.items()}
    return [texts(v) for v in x] if isinstance(x, list) else x


schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for path in sys.argv[2:]:
    try:
        value = texts(yaml.load(open(path), Loader))
    except (yaml.YAMLError, ValueError):
        print("refused", path)
        continue
    print("ok" if validator.is_valid(value) else "refused", path)
