/** A local web page and an HTTP interface for models: {@link thaw.finetune.serve.ModelServer}. */
package thaw.finetune.serve;
