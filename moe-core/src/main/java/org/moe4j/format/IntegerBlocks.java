// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

/** What packed integers of safetensors become: an F32 scale, 32 signed bytes of a certain range. */
enum IntegerBlocks implements BlockDecoder {
  INT4(-8, 7),
  INT5(-16, 15),
  INT8(-128, 127);

  private final int least;
  private final int most;

  IntegerBlocks(int least, int most) {
    this.least = least;
    this.most = most;
  }

  @Override
  public TensorType type() {
    return TensorType.valueOf(name());
  }

  @Override
  public int group() {
    return 32;
  }

  @Override
  public boolean hasMinima() {
    return false;
  }

  @Override
  public int least() {
    return least;
  }

  @Override
  public int most() {
    return most;
  }

  @Override
  public void scales(byte[] in, int at, float[] scales, float[] minima, int to) {
    scales[to] = Float.intBitsToFloat(Bits.intAt(in, at));
  }

  @Override
  public void values(byte[] in, int at, byte[] values, int to) {
    System.arraycopy(in, at + Float.BYTES, values, to, 32);
  }
}
