"""``parameters.json``: what a block is and takes. A superset of Edge Impulse's file of that name.

Field names and meanings of the shared part are Edge Impulse's, so their files load unchanged (:mod:`.legacy` has the
tolerances that takes). The ``edgewright`` object is ours; its presence puts a block under our contract.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, ConfigDict, Discriminator, Field, Tag

from edgewright_specs.interface import Operation
from edgewright_specs.shared import One
from edgewright_specs.validation import SpecModel

Scalar = str | bool | int | float
Names = list[str]
#: How many GPUs; ``true`` is all of them.
Gpu = Annotated[int, Field(ge=1, le=64)] | bool

#: The canonical word of every block type, by what a file may say.
TYPES: Final[dict[str, str]] = {
    "processing": "processing",
    "dsp": "processing",
    "learning": "learning",
    "machine-learning": "learning",
    "deployment": "deployment",
    "deploy": "deployment",
    "transform": "transform",
    "synthetic-data": "synthetic-data",
    "ai-action": "ai-action",
}
FileType = Literal[
    "processing",
    "dsp",
    "learning",
    "machine-learning",
    "deployment",
    "deploy",
    "transform",
    "synthetic-data",
    "ai-action",
]
ParameterType = Literal[
    "string", "int", "float", "select", "boolean", "flag", "secret", "bucket", "dataset", "project", "list"
]


class Choice(SpecModel):
    """One option of a select: its value, and how a form shows it."""

    label: str = ""
    value: str | int | float
    priority: float | None = None
    needs_ops: Names | None = Field(default=None, alias="needsOps")
    needs_features: Any = Field(default=None, alias="needsFeatures")
    rom_estimate: float | None = Field(default=None, alias="romEstimate")


class ShowIf(SpecModel):
    """A parameter applies only while another one has, or has not, a value."""

    parameter: str
    operator: Literal["eq", "neq"]
    value: Scalar


class Parameter(SpecModel):
    """One parameter of a block. ``param`` is its name in the file, ``key`` the same with dashes; ``name`` is a label."""

    name: str = ""
    param: str = Field(max_length=100)
    type: ParameterType
    value: Scalar | list[str] | None = None
    help: str = ""
    valid: list[str | int | float | Choice] | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = Field(default=None, gt=0)
    optional: bool = False
    readonly: bool = False
    show_if: ShowIf | None = Field(default=None, alias="showIf")
    show_for_implementation_version: list[int] | None = Field(
        default=None, alias="showForImplementationVersion"
    )
    create_macro: bool = Field(default=False, alias="createMacro")
    config_type: str | None = Field(default=None, alias="configType")
    section: str | None = None
    multiline: bool = False
    hint: str | None = None
    placeholder: str | None = None
    allow_empty: bool = Field(default=True, alias="allowEmpty")
    group: str = ""

    @property
    def key(self) -> str:
        """The canonical name: ``param`` with dashes."""
        return self.param.replace("_", "-")

    @property
    def options(self) -> list[str | int | float]:
        """The values of a select (or the keywords of a list), as the file writes them."""
        return [v.value if isinstance(v, Choice) else v for v in self.valid or ()]


class Group(SpecModel):
    """Parameters under one heading, as processing blocks have them."""

    group: str = ""
    items: list[Parameter] = Field(default_factory=list)


class NamedAxis(SpecModel):
    """An axis that a processing block asks for by name."""

    name: str
    description: str = ""
    optional: bool = False


class Info(SpecModel):
    """Who and what a block is. Fields of all of Edge Impulse's block types; unknown ones are kept."""

    model_config = ConfigDict(extra="allow")

    title: str | None = None
    name: str | None = None
    author: str | None = None
    description: str | None = None
    type: str | None = None
    operates_on: str | Names | None = Field(default=None, alias="operatesOn")
    category: str | None = None
    cpp_type: str | None = Field(default=None, alias="cppType")
    axes: list[NamedAxis] | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    uses_state: bool = Field(default=False, alias="usesState")
    latest_implementation_version: int | None = Field(default=None, alias="latestImplementationVersion")
    has_tflite_implementation: bool = Field(default=False, alias="hasTfliteImplementation")
    has_implementation_version: bool = Field(default=False, alias="hasImplementationVersion")
    has_feature_importance: bool = Field(default=False, alias="hasFeatureImportance")
    has_auto_tune: bool = Field(default=False, alias="hasAutoTune")
    minimum_version_for_autotune: int | None = Field(default=None, alias="minimumVersionForAutotune")
    prefer_convolution: bool = Field(default=False, alias="preferConvolution")
    convolution_columns: str | None = Field(default=None, alias="convolutionColumns")
    convolution_kernel_size: int | None = Field(default=None, alias="convolutionKernelSize")
    visualization: str | None = None
    experimental: bool = False
    supported_targets: Names | None = Field(default=None, alias="supportedTargets")
    dont_allow_data_normalization: bool = Field(default=False, alias="dontAllowDataNormalization")
    object_detection_last_layer: str | None = Field(default=None, alias="objectDetectionLastLayer")
    image_input_scaling: str | None = Field(default=None, alias="imageInputScaling")
    ind_requires_gpu: bool = Field(default=False, alias="indRequiresGpu")
    repository_url: str | None = Field(default=None, alias="repositoryUrl")
    custom_model_variants: list[dict[str, Any]] | None = Field(default=None, alias="customModelVariants")
    display_category: str | None = Field(default=None, alias="displayCategory")
    integrate_url: str | None = Field(default=None, alias="integrateUrl")
    cli_arguments: str | None = Field(default=None, alias="cliArguments")
    supports_eon_compiler: bool = Field(default=False, alias="supportsEonCompiler")
    mount_learn_block: bool = Field(default=False, alias="mountLearnBlock")
    show_optimizations: bool = Field(default=False, alias="showOptimizations")
    privileged: bool = False
    transform_mountpoints: list[dict[str, Any]] | None = Field(default=None, alias="transformMountpoints")
    ind_metadata: bool = Field(default=False, alias="indMetadata")
    allow_extra_cli_arguments: bool = Field(default=False, alias="allowExtraCliArguments")
    show_in_data_sources: bool = Field(default=False, alias="showInDataSources")
    show_in_create_transformation_job: bool = Field(default=False, alias="showInCreateTransformationJob")
    required_env_variables: Names | None = Field(default=None, alias="requiredEnvVariables")


class OutputSpec(SpecModel):
    """What an output must be, beyond the rules of its operation."""

    kind: Literal["array", "folder", "json"] = "array"
    dtype: str | None = Field(default=None, max_length=20)
    rank: int | None = Field(default=None, ge=0, le=8)
    finite: bool = True
    required: bool = True


class LimitsSpec(SpecModel):
    """Caps of one task; what is raised above the defaults must be granted by the impulse."""

    seconds: float | None = Field(default=None, gt=0)
    memory_mb: int | None = Field(default=None, gt=0)
    pids: int | None = Field(default=None, gt=0)
    cpus: float | None = Field(default=None, gt=0)
    out_mb: int | None = Field(default=None, gt=0)
    out_files: int | None = Field(default=None, gt=0)
    tmp_mb: int | None = Field(default=None, gt=0)
    log_mb: int | None = Field(default=None, gt=0)


class MountSpec(SpecModel):
    """A folder of the host that the block asks for, and where it finds it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    path: str = Field(min_length=2, max_length=255)
    read_only: bool = True
    optional: bool = False


class DeviceCode(SpecModel):
    """That a block has device code, and what is known of it before `export` says the rest."""

    folder: str = "device"
    symbol: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    streamable: bool = False


class EdgewrightSection(SpecModel):
    """Our contract: what the block promises and what it asks for."""

    contract: One
    environment: Literal["base", "classical", "torch", "toolchain"] = "base"
    operations: list[Operation] | None = None
    outputs: dict[str, OutputSpec] = Field(default_factory=dict)
    limits: LimitsSpec = LimitsSpec()
    network: bool = False
    writable_root: bool = False
    gpu: Gpu = False
    mounts: list[MountSpec] = Field(default_factory=list)
    deterministic: bool = True
    device: DeviceCode | bool = False
    chooses: bool = False
    reads: Literal["features", "windows"] = "features"
    training: Literal["normal-only", "few-abnormal", "unlabelled", "labelled"] | None = None
    validation: bool = False
    folds: bool = False
    command: list[str] | None = Field(default=None, min_length=1)
    secrets: list[str] = Field(default_factory=list)
    undeclared_files: Literal["warn", "error"] = "warn"


def _group_or_item(value: Any) -> str:
    if isinstance(value, dict):
        return "<group>" if "param" not in value and ("items" in value or "group" in value) else "<item>"
    return "<group>" if isinstance(value, Group) else "<item>"


Entry = Annotated[
    Annotated[Group, Tag("<group>")] | Annotated[Parameter, Tag("<item>")], Discriminator(_group_or_item)
]


class BlockFile(SpecModel):
    """The whole of ``parameters.json``: groups of parameters or a flat list."""

    schema_: str | None = Field(default=None, validation_alias=AliasChoices("$schema"))
    version: One = 1
    type: FileType | None = None
    info: Info = Info()
    parameters: list[Entry] = Field(default_factory=list)
    edgewright: EdgewrightSection | None = None

    @property
    def flat(self) -> list[tuple[str, Parameter]]:
        """Every parameter in order with the JSON pointer of its item, each carrying its group."""
        found: list[tuple[str, Parameter]] = []
        for i, entry in enumerate(self.parameters):
            if isinstance(entry, Group):
                for j, item in enumerate(entry.items):
                    found.append(
                        (f"/parameters/{i}/items/{j}", item.model_copy(update={"group": entry.group}))
                    )
            else:
                found.append((f"/parameters/{i}", entry))
        return found
