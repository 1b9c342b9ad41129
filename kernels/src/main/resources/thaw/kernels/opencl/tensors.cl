/*
 * Optimizers update many tensors by one launch. OpenCL 1.2 has no arrays of pointers to global memory, so each of up to 16
 * tensors comes as arguments of its own: with four pointers each, as many as fit in the 1024 bytes of arguments that every
 * device takes.
 *
 * A tensor gets a whole number of work-groups, of chunk elements each: those of tensor t begin at group[t]. So all work-items
 * of a group work on the same tensor, and to pick its pointers costs next to nothing.
 */
#define TENSORS 16
#define EACH_TENSOR(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)

typedef struct {
    int chunk;
    int group[TENSORS];  /* tensors that are not there begin beyond the last group */
    int length[TENSORS];
} Tensors;

/* The tensor of this work-group. */
int tensor_of_group(const Tensors *tensors) {
    int t = 0;
    for (int next = 1; next < TENSORS; next++) {
        t = (int) get_group_id(0) >= tensors->group[next] ? next : t;
    }
    return t;
}
