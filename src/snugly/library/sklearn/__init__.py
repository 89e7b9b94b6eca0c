"""``sklearn``: data sets, splits, scalers and encoders by the shapes of the arrays that they return."""

from snugly.library.registry import quiet

quiet("sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "statsmodels")
