/**
 * Synthetic images: silhouettes of objects with random textures, colours, positions and lighting in front of cluttered
 * backgrounds. They replace real images where none can be shipped: a network is pretrained on one set of classes
 * ({@link thaw.finetune.synthetic.SyntheticImages#pretraining()}) and fine-tuned on another
 * ({@link thaw.finetune.synthetic.SyntheticImages#demo()}). Only its shape identifies an object's class.
 */
package thaw.finetune.synthetic;
