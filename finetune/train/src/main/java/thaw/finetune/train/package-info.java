/**
 * Fine-tuning: a {@link thaw.finetune.train.Learner} trains a ResNet on a folder of images, with a learning rate per layer
 * group; a {@link thaw.finetune.predict.Classifier} predicts with the saved model. Nothing here prints; events go to a
 * {@link thaw.finetune.train.TrainingListener}.
 */
package thaw.finetune.train;
