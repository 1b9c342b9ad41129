/**
 * Weight files: reads and writes safetensors, reads all three formats of PyTorch checkpoints and the weights of ONNX models, and writes
 * ONNX models.
 *
 * <p>{@link thaw.engine.io.Weights} is the entry point: it identifies the format by a file's first bytes, finds the state
 * dict and returns it as {@link thaw.engine.io.StoredTensor}s. A checkpoint is a pickle, which can name any Python code to be
 * run; here none is ever run: a few functions that make tensors and plain containers are implemented, and a call of any
 * other yields inert data.
 *
 * <h2>Memory, and the release of files</h2>
 * A file is mapped, not read: a tensor that is contiguous in it is a view of the file's pages, and the first copy is made
 * on access to its values. All mapping is done when the file is opened, and the file's handle is closed before {@code read}
 * returns; so there is nothing to close, and {@code net.loadStateDict(Weights.read(path))} leaks no handle. The mapping
 * ends when the last tensor of the file is garbage-collected: Java 17 has no supported way to end it earlier that is safe
 * while views exist. This has two consequences. On Windows, a mapped file cannot be deleted or replaced until then. And if
 * another program shortens the file in place meanwhile, reads of the missing pages fail with an
 * {@link java.lang.InternalError}. Programs that replace files by renaming, as this package does, do not have that effect:
 * existing mappings keep the complete old file.
 *
 * <p>A tensor whose values are read may take up to 1 GiB; a file may have any length.
 */
@NullMarked
package thaw.engine.io;

import org.jspecify.annotations.NullMarked;
