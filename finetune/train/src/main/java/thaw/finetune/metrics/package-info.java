/**
 * Metrics of {@link thaw.finetune.metrics.Predictions}, independent of networks. Names and definitions are scikit-learn's and
 * fastai's; each metric documents its value where it is not defined, and for NaN probabilities.
 */
package thaw.finetune.metrics;
