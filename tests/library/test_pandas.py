"""Tables: what their rows and columns become, as pandas and scikit-learn do it."""

from __future__ import annotations

import pytest

TABLE = """
import numpy as np
import pandas as pd
import torch
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

df = pd.DataFrame({"a": np.arange(6.0), "b": np.ones(6), "c": np.arange(6), "label": np.array([0, 1, 2, 0, 1, 2])})
"""

KNOWN = {
    "df.values": (6, 4),
    "df.drop('label', axis=1).values": (6, 3),
    "df.drop(columns=['a', 'b']).to_numpy()": (6, 2),
    "df[['a', 'b']].values": (6, 2),
    "df['a'].values": (6,),
    "df.label.values": (6,),
    "df.iloc[:, :-1].values": (6, 3),
    "df.iloc[:4, 1:3].values": (4, 2),
    "df.iloc[:, -1].values": (6,),
    "df.loc[:, ['a']].values": (6, 1),
    "df.loc[:, 'a'].values": (6,),
    "df.iloc[[0, 2]].values": (2, 4),
    "df.iloc[0].values": (4,),
    "df.iloc[2, 1:].values": (3,),
    "df.iloc[np.array([0, 1, 2])].values": (3, 4),
    "df['a'].iloc[np.array([0, 1])].values": (2,),
    "df.head(2).values": (2, 4),
    "df.head(20).values": (6, 4),
    "df[1:3].values": (2, 4),
    "df.reset_index().values": (6, 5),
    "df.reset_index(drop=True).values": (6, 4),
    "df.set_index('a').values": (6, 3),
    "df.rename(columns={'a': 'x'}).values": (6, 4),
    "df.assign(d=1).values": (6, 5),
    "df.assign(a=1).values": (6, 4),
    "df.T.values": (4, 6),
    "df.corr().values": (4, 4),
    "df.mean().values": (4,),
    "df.mean(axis=1).values": (6,),
    "df.isna().values": (6, 4),
    "(df - df.mean()).values": (6, 4),
    "((df - df.mean()) / df.std()).astype('float32').values": (6, 4),
    "(df['a'] > 2).values": (6,),
    "(df['a'] * 2 + df['b']).values": (6,),
    "((df['a'] > 1) & (df['b'] < 3)).values": (6,),
    "(~(df['a'] > 1)).values": (6,),
    "np.where(df['a'] > 3, 1, 0)": (6,),
    "np.array(df['a'])": (6,),
    "np.array(df)": (6, 4),
    "np.log1p(df['a'])": (6,),
    "df['a'].to_frame().values": (6, 1),
    "df['c'].astype('category').cat.codes.values": (6,),
    "df['c'].map({0: 1}).fillna(0).values": (6,),
    "pd.concat([df, df]).values": (12, 4),
    "pd.concat([df, df['a']], axis=1).values": (6, 5),
    "pd.concat([df['a'], df['b']]).values": (12,),
    "df[df.columns[1:]].values": (6, 3),
    "df[df.columns.drop('label')].values": (6, 3),
    "df[[name for name in df.columns if name != 'label']].values": (6, 3),
    "torch.tensor(df['c'].values)": (6,),
    "torch.Tensor(df['a'])": (6,),
    "torch.from_numpy(df.drop('label', axis=1).values)": (6, 3),
    "StandardScaler().fit_transform(df)": (6, 4),
    "MinMaxScaler().fit_transform(df[['a']])": (6, 1),
    "OrdinalEncoder().fit_transform(df)": (6, 4),
    "LabelBinarizer().fit_transform(np.array([0, 1, 2, 0]))": (4, 3),
    "LabelBinarizer().fit_transform(np.array([0, 1, 1, 0]))": (4, 1),
    "Pipeline([('scale', StandardScaler()), ('again', MinMaxScaler())]).fit_transform(df)": (6, 4),
}


@pytest.mark.parametrize("expression", KNOWN)
def test_a_part_of_a_table_has_the_sizes_that_pandas_gives_it(follow, expression):
    assert follow(f"{TABLE}\nfound = {expression}\n")["found"].shape == KNOWN[expression]


CHANGED = {
    "df.drop('a', axis=1, inplace=True)": (6, 3),
    "df.pop('label')": (6, 3),
    "df['new'] = 1": (6, 5),
    "df['a'] = 1": (6, 4),
    "df.reset_index(drop=True, inplace=True)": (6, 4),
    "df.loc[:, 'new'] = 0": (6, 5),
    "df.insert(0, 'new', 1)": (6, 5),
    "del df['a']": (6, 3),
}


@pytest.mark.parametrize("statement", CHANGED)
def test_a_table_that_is_changed_in_place_has_its_new_columns(follow, statement):
    found = follow(f"{TABLE}\n{statement}\nfound = df.values\n")["found"]
    assert found.shape == CHANGED[statement]


@pytest.mark.parametrize(
    "expression",
    [
        "df.dropna().values",
        "df[df['a'] > 2].values",
        "df.sample(frac=0.5).values",
        "df.select_dtypes(include=['number']).values",
        "OneHotEncoder(sparse_output=False).fit_transform(df)",
        "ColumnTransformer([('n', StandardScaler(), ['a'])]).fit_transform(df).toarray()",
    ],
)
def test_the_rank_is_known_where_a_size_is_not(follow, expression):
    assert len(follow(f"{TABLE}\nfound = {expression}\n")["found"].shape) == 2


@pytest.mark.parametrize(
    "expression",
    ["df.apply(len)", "df.groupby('a').mean().values", "df.iloc[0, 1]", "df['c'].str.split('a', expand=True)"],
)
def test_nothing_is_said_of_what_depends_on_the_data(follow, expression):
    assert getattr(follow(f"{TABLE}\nfound = {expression}\n")["found"], "shape", None) is None
