/**
 * What {@code thaw demo} shows: a small network that Thaw has trained itself ({@link thaw.finetune.demo.Pretraining}) is
 * fine-tuned on other classes with few pictures, beside other ways to train on them.
 */
package thaw.finetune.demo;
