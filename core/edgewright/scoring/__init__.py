"""Thresholds, p-values, metrics and aggregation: pure functions over arrays of scores.

Higher = more anomalous, everywhere. Nothing here reads files, knows a run or imports more than numpy (scipy lazily,
for one function).
"""

from edgewright.scoring.best_f1 import f1_max
from edgewright.scoring.classification import (
    class_roc_document,
    classification_metrics,
    evaluate_classes,
    predictions_document,
)
from edgewright.scoring.combined import ANOMALY, NORMAL, combine, combined_documents
from edgewright.scoring.conformal import PTable, p_values, table
from edgewright.scoring.curves import RocMetrics, roc_metrics
from edgewright.scoring.documents import (
    decisions_document,
    metrics_document,
    roc_document,
    threshold_document,
)
from edgewright.scoring.drift import DRIFT_LIMIT, Drift
from edgewright.scoring.folds import Folds, fold_count, make_folds
from edgewright.scoring.metrics import auroc, average_precision, clopper_pearson, confusion, evaluate, rates
from edgewright.scoring.mistakes import misclassified_document, mistakes_document
from edgewright.scoring.pixels import PixelMetrics, pixel_metrics
from edgewright.scoring.precision import precision_document
from edgewright.scoring.recordings import AGGREGATES, aggregate, bootstrap
from edgewright.scoring.regions import nth_largest, region_cells, region_maps, region_samples, region_scores
from edgewright.scoring.regression import evaluate_numbers, regression_metrics, values_document
from edgewright.scoring.scale import map_scale
from edgewright.scoring.thresholds import METHODS, Threshold, choose, decide, false_alarm_rate, rules_table

__all__ = [
    "AGGREGATES",
    "ANOMALY",
    "DRIFT_LIMIT",
    "METHODS",
    "NORMAL",
    "Drift",
    "Folds",
    "PTable",
    "PixelMetrics",
    "RocMetrics",
    "Threshold",
    "aggregate",
    "auroc",
    "average_precision",
    "bootstrap",
    "choose",
    "class_roc_document",
    "classification_metrics",
    "clopper_pearson",
    "combine",
    "combined_documents",
    "confusion",
    "decide",
    "decisions_document",
    "evaluate",
    "evaluate_classes",
    "evaluate_numbers",
    "f1_max",
    "false_alarm_rate",
    "fold_count",
    "make_folds",
    "map_scale",
    "metrics_document",
    "misclassified_document",
    "mistakes_document",
    "nth_largest",
    "p_values",
    "pixel_metrics",
    "precision_document",
    "predictions_document",
    "rates",
    "region_cells",
    "region_maps",
    "region_samples",
    "region_scores",
    "regression_metrics",
    "roc_document",
    "roc_metrics",
    "rules_table",
    "table",
    "threshold_document",
    "values_document",
]
