/**
 * How good predictions are: from {@link thaw.finetune.metrics.Predictions}, which know nothing of networks, to numbers. Names and
 * definitions are scikit-learn's and fastai's; each says what it does where a quantity has no value, and where a network's
 * probabilities are NaN.
 */
package thaw.finetune.metrics;
