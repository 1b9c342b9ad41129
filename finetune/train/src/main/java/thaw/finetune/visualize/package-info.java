/** Pictures of the patterns that a network's layers answer to, on one HTML page: see {@link thaw.finetune.visualize.LayerStudy}. */
package thaw.finetune.visualize;
