/** Predicting: a {@link thaw.finetune.predict.Classifier} of a {@link thaw.finetune.predict.ModelFile}. */
package thaw.finetune.predict;
