// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.List;
import org.moe4j.model.Linear;

/**
 * A linear map a head, all of one shape, without bias. Rows are head by head: those of the first
 * head, then those of the second, and so on.
 *
 * @param heads the weights of each head
 */
record HeadMaps(List<Tiles> heads) {

  static HeadMaps load(List<Linear> maps, NativeMemory memory, Loops loops) {
    return new HeadMaps(
        maps.stream().map(map -> Packer.pack(map.weight(), memory, loops)).toList());
  }

  int inputs() {
    return heads.getFirst().inputs();
  }

  int outputs() {
    return heads.getFirst().outputs();
  }

  /**
   * Applies each head's map to the head's rows, band by band.
   *
   * @param workers share the bands of all heads
   * @param rows rows of a head
   * @param in {@code heads x rows} input rows
   * @param out {@code heads x rows} output rows
   */
  void apply(Workers workers, int rows, CpuRows in, CpuRows out) {
    int all = heads.size() * rows;
    boolean quantized = heads.stream().anyMatch(Tiles::quantized);
    workers.prepare(in, all, quantized);
    int[] identity = workers.identity(all);
    int bands = heads.getFirst().bands();
    workers.run(
        (long) heads.size() * bands,
        1,
        (worker, from, to) -> {
          for (long i = from; i < to; i++) {
            int head = (int) (i / bands);
            int first = head * rows;
            heads
                .get(head)
                .band(
                    workers.kernels(),
                    (int) (i % bands),
                    in,
                    identity,
                    first,
                    first + rows,
                    null,
                    out,
                    workers.scratch(worker));
          }
        });
    out.written();
  }
}
