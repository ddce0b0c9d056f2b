// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.device.Device;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;

/**
 * An embedding table, which stays where the file has it: only the rows of used tokens are read.
 *
 * @param weight one row a token id
 */
record CpuTable(TensorData weight) implements Device.LinearWeights {

  void row(int token, float[] out, int to) {
    int width = Math.toIntExact(weight.size(1));
    Dequantizer.row(
        weight.type(), weight.data(), token * weight.type().bytes(width), out, to, width);
  }
}
