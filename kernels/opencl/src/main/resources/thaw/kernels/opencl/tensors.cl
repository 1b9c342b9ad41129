/*
 * Optimizers update many tensors in one launch. OpenCL 1.2 has no arrays of pointers to global memory, so each of up to
 * TENSORS tensors is passed in separate arguments: as many as the device's argument space, which is at least 1024
 * bytes, and OpenCL's limit of 255 arguments allow.
 *
 * A tensor gets a whole number of work-groups, of chunk elements each: those of tensor t begin at group[t]. All work-items
 * of a group thus work on the same tensor, and selecting its pointers costs almost nothing.
 */
#define TEN(F, d) F(d##0) F(d##1) F(d##2) F(d##3) F(d##4) F(d##5) F(d##6) F(d##7) F(d##8) F(d##9)
#define EACH_OF_20(F) TEN(F, ) TEN(F, 1)
#define EACH_OF_30(F) EACH_OF_20(F) TEN(F, 2)
#define EACH_OF_40(F) EACH_OF_30(F) TEN(F, 3)
#define EACH_OF_60(F) EACH_OF_40(F) TEN(F, 4) TEN(F, 5)
#define EACH_OF_80(F) EACH_OF_60(F) TEN(F, 6) TEN(F, 7)

#define EACH_OF_(n, F) EACH_OF_##n(F)
#define EACH_OF(n, F) EACH_OF_(n, F)
#define EACH_TENSOR(F) EACH_OF(TENSORS, F)

typedef struct {
    int chunk;
    int group[TENSORS];  /* missing tensors begin beyond the last group */
    int length[TENSORS];
} Tensors;

/*
 * The tensor of this work-group, the last one that begins at it or before. Every index of the tables is a constant here and where a
 * tensor is picked: see walk.cl.
 */
#define BEGINS(t) + (tensors->group[t] <= group)

int tensor_of_group(const Tensors *tensors) {
    const int group = get_group_id(0);
    return EACH_TENSOR(BEGINS) - 1;
}

/* The elements of tensor t that this work-group updates: from start on, of the tensor's length. */
#define PICK_ELEMENTS(t)                                              \
    start = (get_group_id(0) - tensors.group[t]) * tensors.chunk;     \
    length = tensors.length[t];
