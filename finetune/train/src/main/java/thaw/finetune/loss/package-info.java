/** Losses: maps of scores and a batch's targets to a scalar that training minimises. */
package thaw.finetune.loss;
