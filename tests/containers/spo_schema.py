# SPDX-License-Identifier: Apache-2.0
"""The resources of the Security Profiles Operator, as far as Merlon writes them: the published schemas (CRDs of 1.0,
August 2026), reduced to the members of `spec`, and what the operator checks besides.  Unlike a cluster, which drops members
that it does not know, this refuses them."""

from __future__ import annotations

import re
from typing import Any, Callable

GROUP = "security-profiles-operator.x-k8s.io"

Check = Callable[[Any, str, list[str]], None]

_ACTIONS = {f"SCMP_ACT_{name}" for name in ("KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG",
                                            "NOTIFY")}
_ARCHITECTURES = {f"SCMP_ARCH_{name}" for name in (
    "NATIVE", "X86", "X86_64", "X32", "ARM", "AARCH64", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32",
    "PPC", "PPC64", "PPC64LE", "S390", "S390X", "PARISC", "PARISC64", "RISCV64")}
_OPERATORS = {f"SCMP_CMP_{name}" for name in ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ")}


def one_of(values: set[str]) -> Check:
    """An enumeration."""
    def check(value: Any, at: str, problems: list[str]) -> None:
        if value not in values:
            problems.append(f"{at}: {value!r} is none of {sorted(values)}")
    return check


def text(pattern: str = ".+") -> Check:
    """A string that matches."""
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            problems.append(f"{at}: {value!r} does not match {pattern}")
    return check


def integer(bits: int) -> Check:
    """A number from 0 on that fits a signed integer."""
    def check(value: Any, at: str, problems: list[str]) -> None:
        if type(value) is not int or not 0 <= value < 2 ** (bits - 1):
            problems.append(f"{at}: {value!r} is no integer of {bits} bits from 0 on")
    return check


def boolean(value: Any, at: str, problems: list[str]) -> None:
    """True or false."""
    if not isinstance(value, bool):
        problems.append(f"{at}: {value!r} is no boolean")


def array(item: Check, least: int = 0, most: int | None = None, unique: bool = True) -> Check:
    """A list; x-kubernetes-list-type: set, if unique."""
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
            problems.append(f"{at}: no list of {least} to {most} items")
            return
        if unique and len(value) != len(set(value)):
            problems.append(f"{at}: something is twice in it: {[v for v in value if value.count(v) > 1]}")
        for number, member in enumerate(value):
            item(member, f"{at}/{number}", problems)
    return check


def members(known: dict[str, Check], required: tuple[str, ...] = ()) -> Check:
    """An object."""
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            problems.append(f"{at}: no object")
            return
        problems += [f"{at}: {name} is missing" for name in required if name not in value]
        for name, member in value.items():
            if name in known:
                known[name](member, f"{at}/{name}", problems)
            else:
                problems.append(f"{at}: {name} is not known")
    return check


def mapping(key: Check, value_check: Check) -> Check:
    """An object whose members have any name that fits."""
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            problems.append(f"{at}: no object")
            return
        for name, member in value.items():
            key(name, f"{at}: name", problems)
            value_check(member, f"{at}/{name}", problems)
    return check


# What the operator lets through into AppArmor's text: it writes paths as they are.
_PATH = array(text(r"/[a-zA-Z0-9_./*?+@{} -]*"))

_STATE = {"state": one_of({"Enabled", "Disabled"})}

_SECCOMP = members(_STATE | {
    "baseProfileName": text(), "defaultAction": one_of(_ACTIONS), "architectures": array(one_of(_ARCHITECTURES)),
    "syscalls": array(members({
        "names": array(text("[a-z0-9_]+"), least=1), "action": one_of(_ACTIONS), "errnoRet": integer(32),
        "args": array(members({"index": integer(32), "value": integer(64), "valueTwo": integer(64),
                               "op": one_of(_OPERATORS)}, ("index", "op")), most=6, unique=False),
    }, ("action", "names")), unique=False),
}, ("defaultAction",))

_APPARMOR = members(_STATE | {
    "mode": one_of({"Enforce", "Complain"}),
    "abstract": members({
        "executable": members({"allowedExecutables": _PATH, "allowedLibraries": _PATH}),
        "filesystem": members({"readOnlyPaths": _PATH, "writeOnlyPaths": _PATH, "readWritePaths": _PATH}),
        "network": members({"allowRaw": boolean,
                            "allowedProtocols": members({"allowTcp": boolean, "allowUdp": boolean})}),
        "capability": members({"allowedCapabilities": array(text("[a-z_]+"))}),
    }),
})

# Types and permissions that the operator refuses by default are not among those that fit.
_SELINUX = members(_STATE | {
    "mode": one_of({"Enforcing", "Permissive"}),
    "inherit": array(members({"kind": one_of({"System", "SelinuxProfile"}), "name": text()}, ("name",)), unique=False),
    "allow": mapping(text(r"@self|(?!kernel_t|kmem_t|security_t|shadow_t)[a-z_0-9]+"),
                     mapping(text(r"(?!security|system)[a-z_0-9]+"),
                             array(text(r"(?!load_policy|mac_admin|mounton|relabelto|relabelfrom|setbool|setenforce"
                                        r"|setsecparam)[a-z_]+")))),
})

_KINDS = {"SeccompProfile": ("v1beta1", _SECCOMP), "AppArmorProfile": ("v1alpha1", _APPARMOR),
          "SelinuxProfile": ("v1alpha2", _SELINUX)}


def problems(resource: dict[str, Any], before_v1: bool) -> list[str]:
    """What is wrong with a resource; nothing, if it would be admitted and installed."""
    found: list[str] = []
    older, spec = _KINDS[resource["kind"]]
    version = f"{GROUP}/{older if before_v1 else 'v1'}"
    if resource["apiVersion"] != version:
        found.append(f"apiVersion: {resource['apiVersion']} is not {version}")
    text(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")(resource["metadata"]["name"], "metadata/name", found)
    if "namespace" in resource["metadata"]:
        found.append("metadata/namespace: profiles belong to the cluster")
    spec(resource["spec"], "spec", found)
    return found
