/**
 * Measurements of each layer group in training: gradient norm, update ratio, distance of the weights from the beginning, and
 * similarity of the features to those at the beginning.
 */
package thaw.finetune.diagnostics;
