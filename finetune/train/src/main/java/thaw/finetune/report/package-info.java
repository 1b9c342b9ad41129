/**
 * Self-contained HTML pages: the report of a run, with settings, training of each layer group and results, and the interpretation of a
 * trained network.
 */
package thaw.finetune.report;
