/** What a network's layers see, as pictures on one HTML page: see {@link thaw.finetune.visualize.LayerStudy}. */
package thaw.finetune.visualize;
