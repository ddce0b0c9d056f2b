// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.io.IOException;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Assumptions;
import org.moe4j.Allocated;

/** {@link Allocated#assertWithin} for code with vectors, at the width of this process. */
final class VectorAllocation {

  private VectorAllocation() {}

  static void assertWithin(Class<?> main, List<String> names)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Lanes.BITS <= FloatVector.SPECIES_PREFERRED.vectorBitSize(),
        "vectors wider than the processor's are objects");
    List<String> flags =
        List.of("--add-modules", "jdk.incubator.vector", "-Dmoe4j.vector.bits=" + Lanes.BITS);
    Allocated.assertWithin(flags, main, names);
  }
}
