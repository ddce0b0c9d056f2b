// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import org.moe4j.device.Device;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/**
 * An embedding table, which stays where the file has it: only the rows of used tokens are read.
 *
 * @param type how weights are stored
 * @param data one row a token id
 * @param width width of a row
 */
record CpuTable(TensorType type, MemorySegment data, int width) implements Device.LinearWeights {

  static CpuTable of(TensorData table) {
    return new CpuTable(table.type(), table.data(), Math.toIntExact(table.size(1)));
  }

  void row(int token, float[] out, int to) {
    Dequantizer.row(type, data, token * type.bytes(width), out, to, width);
  }
}
