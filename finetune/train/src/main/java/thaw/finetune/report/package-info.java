/** The HTML report of a run on one self-contained page: settings, training of each layer group, and results. */
package thaw.finetune.report;
