// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.CausalConvolution;
import org.moe4j.model.GatedDeltaNet;
import org.moe4j.model.Linear;

/**
 * The gated DeltaNet layers of Qwen. Their maps are four tensors (Qwen3.5), or two of which each
 * holds the rows of a key head and of its value heads together (Qwen3-Next). GGUF files of Qwen3.5
 * have the value heads in another order: the first of each key head, then the second of each.
 *
 * @param hidden width of the residual stream
 * @param keyHeads heads of queries and keys
 * @param valueHeads heads of values
 * @param keySize width of a query or key head
 * @param valueSize width of a value head
 * @param taps positions that take part in the convolution
 * @param epsilon epsilon of the output norm
 */
record DeltaNetParts(
    int hidden, int keyHeads, int valueHeads, int keySize, int valueSize, int taps, float epsilon) {

  static DeltaNetParts of(Source source, Dimensions sizes) {
    int keyHeads = source.size("linear_num_key_heads", "ssm.group_count", 16);
    int valueHeads = source.size("linear_num_value_heads", "ssm.time_step_rank", 32);
    int keySize = source.size("linear_key_head_dim", "ssm.state_size", 128);
    if (valueHeads % keyHeads != 0) {
      throw source.badSetting(
          "linear_num_value_heads",
          "ssm.time_step_rank",
          "expected a multiple of the %d key heads, found %d".formatted(keyHeads, valueHeads));
    }
    int valueSize =
        source.gguf()
            ? Math.max(1, source.size("", "ssm.inner_size") / valueHeads)
            : source.size("linear_value_head_dim", "", 128);
    DeltaNetParts parts =
        new DeltaNetParts(
            sizes.hidden(),
            keyHeads,
            valueHeads,
            keySize,
            valueSize,
            source.size("linear_conv_kernel_dim", "ssm.conv_kernel", 4),
            sizes.epsilon());
    double state = (double) valueHeads * valueSize * keySize;
    if (state > 0.5 * Integer.MAX_VALUE || parts.qkvRows() > Integer.MAX_VALUE / 2) {
      throw source.badSetting(
          "linear_key_head_dim",
          "ssm.state_size",
          "%d for each of %d heads of %d values is too large"
              .formatted(keySize, valueHeads, valueSize));
    }
    return parts;
  }

  private long keyRows() {
    return (long) keyHeads * keySize;
  }

  private long valueRows() {
    return (long) valueHeads * valueSize;
  }

  private long qkvRows() {
    return 2 * keyRows() + valueRows();
  }

  GatedDeltaNet build(Scope layer) {
    boolean gguf = layer.source().gguf();
    int channels = Math.toIntExact(qkvRows());
    GatedDeltaNet.Maps maps =
        layer.has("linear_attn.in_proj_qkvz.weight", "ssm_ba.weight")
            ? together(layer)
            : apart(layer);
    CausalConvolution convolution =
        layer.convolution("linear_attn.conv1d", "ssm_conv1d", channels, taps, Bias.NONE);
    TensorData rates =
        gguf
            ? layer.tensor("", "ssm_a", valueHeads)
            : layer.negatedExponentials("linear_attn.A_log", valueHeads);
    return new GatedDeltaNet(
        keyHeads,
        valueHeads,
        keySize,
        valueSize,
        layer.source().family().equals("qwen35moe"),
        maps,
        convolution,
        layer.tensor("linear_attn.dt_bias", "ssm_dt.bias", valueHeads),
        rates,
        layer.norm("linear_attn.norm", "ssm_norm", valueSize, epsilon));
  }

  private GatedDeltaNet.Maps apart(Scope layer) {
    return new GatedDeltaNet.Maps(
        linear(layer, "in_proj_qkv", "attn_qkv", qkvRows()),
        linear(layer, "in_proj_z", "attn_gate", valueRows()),
        linear(layer, "in_proj_b", "ssm_beta", valueHeads),
        linear(layer, "in_proj_a", "ssm_alpha", valueHeads),
        output(layer));
  }

  /** For each key head: query, key, its values, their gates; and apart its betas, its decays. */
  private GatedDeltaNet.Maps together(Scope layer) {
    long group = valueHeads / keyHeads;
    Linear logits = linear(layer, "in_proj_ba", "ssm_ba", 2L * valueHeads);
    Linear beta = logits.select(valueHeads, row -> row / group * 2 * group + row % group);
    Linear decay = logits.select(valueHeads, row -> row / group * 2 * group + group + row % group);
    if (layer.has("", "attn_qkv.weight")) {
      return new GatedDeltaNet.Maps(
          linear(layer, "", "attn_qkv", qkvRows()),
          linear(layer, "", "attn_gate", valueRows()),
          beta,
          decay,
          output(layer));
    }
    Linear all = linear(layer, "in_proj_qkvz", "ssm_in", qkvRows() + valueRows());
    long values = group * valueSize;
    long rows = 2L * keySize + 2 * values;
    Linear qkv =
        all.select(
            qkvRows(),
            row -> {
              if (row < 2 * keyRows()) {
                long own = row % keyRows();
                return own / keySize * rows + row / keyRows() * keySize + own % keySize;
              }
              long own = row - 2 * keyRows();
              return own / values * rows + 2L * keySize + own % values;
            });
    Linear gate =
        all.select(valueRows(), row -> row / values * rows + 2L * keySize + values + row % values);
    return new GatedDeltaNet.Maps(qkv, gate, beta, decay, output(layer));
  }

  private Linear linear(Scope layer, String hf, String gguf, long rows) {
    return layer.linear("linear_attn." + hf, gguf, rows, hidden, Bias.NONE);
  }

  private Linear output(Scope layer) {
    return layer.linear("linear_attn.out_proj", "ssm_out", hidden, valueRows(), Bias.NONE);
  }
}
