/**
 * Fine-tuning: a {@link thaw.finetune.Learner} trains a ResNet on a folder of photographs, group by group; a
 * {@link thaw.finetune.Classifier} uses what it saved. Nothing here prints; a {@link thaw.finetune.TrainingListener} hears what
 * happens.
 */
package thaw.finetune;
