/**
 * The demo of {@code thaw demo}: fine-tunes a small network that Thaw was used to train
 * ({@link thaw.finetune.demo.Pretraining}) on other classes with few synthetic images, and compares several ways of training.
 */
package thaw.finetune.demo;
