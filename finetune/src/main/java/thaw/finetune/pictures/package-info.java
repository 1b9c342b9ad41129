/**
 * Pictures made by rule: silhouettes of objects in many textures, colours, positions and lights before cluttered
 * backgrounds. They stand in for photographs where none can be shipped: a network learns on one set of classes
 * ({@link thaw.finetune.pictures.PictureSet#pretraining()}) what carries over to another
 * ({@link thaw.finetune.pictures.PictureSet#demo()}). Nothing but an object's form tells its class.
 */
package thaw.finetune.pictures;
