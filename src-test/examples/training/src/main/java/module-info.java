/** Fine-tuning needs one module, which brings that for predicting. */
module training {
    requires thaw.finetune;
}
