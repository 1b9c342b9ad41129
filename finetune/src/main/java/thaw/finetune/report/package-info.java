/** A run as one self-contained page for people: what was asked for, what happened to each layer group, and how good it became. */
package thaw.finetune.report;
