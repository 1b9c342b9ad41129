/**
 * What training does to each layer group: how fast its weights move, how far they have gone, and whether it still sees what it
 * saw before.
 */
package thaw.finetune.insight;
