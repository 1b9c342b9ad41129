/** Training by several processes: sums over all of them, through sockets. */
package thaw.finetune.distributed;
