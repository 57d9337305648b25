"""What each file says, as a person reads it there: one line a figure.

Indicator, region, period, kind of the period, value, unit, status, place; ``-`` is no value.
"""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "yunxi-industry-month": """
gong_ye_zong_chan_zhi 990101 2026-11 monthly 1234567 万元 A 工业!B5
gong_ye_zong_chan_zhi_growth 990101 2026-11 monthly 5.8 % A 工业!C5
gong_ye_zong_chan_zhi 990101 2026-01/2026-11 cumulative_range 12345678 万元 A 工业!D5
gong_ye_zong_chan_zhi_growth 990101 2026-01/2026-11 cumulative_range 6.2 % A 工业!E5
guo_you_kong_gu 990101 2026-11 monthly 234567 万元 A 工业!B6
guo_you_kong_gu_growth 990101 2026-11 monthly -3.4 % A 工业!C6
guo_you_kong_gu 990101 2026-01/2026-11 cumulative_range 2345678 万元 A 工业!D6
guo_you_kong_gu_growth 990101 2026-01/2026-11 cumulative_range -1.3 % A 工业!E6
gao_xin_ji_shu_chan_ye 990101 2026-11 monthly 734567 万元 A 工业!B7
gao_xin_ji_shu_chan_ye_growth 990101 2026-11 monthly 12 % A 工业!C7
gao_xin_ji_shu_chan_ye 990101 2026-01/2026-11 cumulative_range 7345678 万元 A 工业!D7
gao_xin_ji_shu_chan_ye_growth 990101 2026-01/2026-11 cumulative_range 11.5 % A 工业!E7
gong_ye_zeng_jia_zhi_growth 990101 2026-11 monthly 6.1 % A 工业!C8
gong_ye_zeng_jia_zhi_growth 990101 2026-01/2026-11 cumulative_range 5.9 % A 工业!E8
ying_ye_shou_ru 990101 2026-11 monthly 1300000 万元 A 工业!B9
ying_ye_shou_ru_growth 990101 2026-11 monthly 0 % A 工业!C9
ying_ye_shou_ru 990101 2026-01/2026-11 cumulative_range 13000000 万元 A 工业!D9
ying_ye_shou_ru_growth 990101 2026-01/2026-11 cumulative_range 4.4 % A 工业!E9
li_run_zong_e 990101 2026-11 monthly -1250 万元 A 工业!B10
li_run_zong_e_growth 990101 2026-11 monthly - % M 工业!C10
li_run_zong_e 990101 2026-01/2026-11 cumulative_range 88000 万元 A 工业!D10
li_run_zong_e_growth 990101 2026-01/2026-11 cumulative_range 100 % A 工业!E10
""",
    "yunxi-retail-month": """
she_hui_xiao_fei_pin_ling_shou_zong_e 990101 2026-01/2026-11 cumulative_range 449.7 亿元 A R4C2
she_hui_xiao_fei_pin_ling_shou_zong_e_growth 990101 2026-01/2026-11 cumulative_range 9.5 % A R4C3
she_hui_xiao_fei_pin_ling_shou_zong_e 990101 2026-11 monthly 41.2 亿元 A R4C4
she_hui_xiao_fei_pin_ling_shou_zong_e_growth 990101 2026-11 monthly -2 % A R4C5
xian_e_yi_shang 990101 2026-01/2026-11 cumulative_range 210.36 亿元 A R5C2
xian_e_yi_shang_growth 990101 2026-01/2026-11 cumulative_range 7.1 % A R5C3
xian_e_yi_shang 990101 2026-11 monthly 20.05 亿元 A R5C4
xian_e_yi_shang_growth 990101 2026-11 monthly 0 % A R5C5
qi_che_lei 990101 2026-01/2026-11 cumulative_range 88.1 亿元 A R6C2
qi_che_lei 990101 2026-11 monthly 8.2 亿元 A R6C4
qi_che_lei_growth 990101 2026-11 monthly 12.3 % A R6C5
""",
    "yunxi-investment-quarter": """
fai 990101 2026-03 monthly 30.15 亿元 A Sheet1!C3
fai 990101 2026-01/2026-03 cumulative_range 80.84 亿元 A Sheet1!D3
fai_growth 990101 2026-01/2026-03 cumulative_range 6.5 % A Sheet1!E3
gu_ding_zi_chan_tou_zi_share 990101 2026-01/2026-03 cumulative_range 100 % A Sheet1!F3
fai_industry 990101 2026-03 monthly 4.2 亿元 A Sheet1!C5
fai_industry 990101 2026-01/2026-03 cumulative_range 10.38 亿元 A Sheet1!D5
gong_ye_tou_zi_growth 990101 2026-01/2026-03 cumulative_range 12.1 % A Sheet1!E5
fai_industry_share 990101 2026-01/2026-03 cumulative_range 12.84 % A Sheet1!F5
fai_estate 990101 2026-03 monthly 15 亿元 A Sheet1!C6
fai_estate 990101 2026-01/2026-03 cumulative_range 41.03 亿元 A Sheet1!D6
fang_di_chan_kai_fa_tou_zi_growth 990101 2026-01/2026-03 cumulative_range -8.7 % A Sheet1!E6
fai_estate_share 990101 2026-01/2026-03 cumulative_range 50.75 % A Sheet1!F6
fang_wu_shi_gong_mian_ji 990101 2026-01/2026-03 cumulative_range 612.4 万平方米 A Sheet1!D7
fang_wu_shi_gong_mian_ji_growth 990101 2026-01/2026-03 cumulative_range -2.9 % A Sheet1!E7
zhu_zhai 990101 2026-01/2026-03 cumulative_range 401.2 万平方米 A Sheet1!D8
zhu_zhai_growth 990101 2026-01/2026-03 cumulative_range -3.3 % A Sheet1!E8
shang_pin_fang_xiao_shou_e 990101 2026-03 monthly 35000 万元 A Sheet1!C9
shang_pin_fang_xiao_shou_e 990101 2026-01/2026-03 cumulative_range 91250 万元 A Sheet1!D9
shang_pin_fang_xiao_shou_e_growth 990101 2026-01/2026-03 cumulative_range - % M Sheet1!E9
xin_kai_gong_xiang_mu 990101 2026-03 monthly 3 个 A Sheet1!C10
xin_kai_gong_xiang_mu 990101 2026-01/2026-03 cumulative_range 14 个 A Sheet1!D10
""",
    "yunxi-towns": """
gdp 990101 2026-01/2026-06 cumulative_range 123.45678 亿元 A R4C2
di_qu_sheng_chan_zong_zhi_growth 990101 2026-01/2026-06 cumulative_range 5.8 % A R4C3
gdp 990101001 2026-01/2026-06 cumulative_range 40.1234 亿元 A R5C2
di_qu_sheng_chan_zong_zhi_growth 990101001 2026-01/2026-06 cumulative_range 100 % A R5C3
bi_zhong_bian_hua 990101001 2026-01/2026-06 cumulative_range 13.4 百分点 A R5C4
gdp 990101002 2026-01/2026-06 cumulative_range 0.30781 亿元 A R6C2
di_qu_sheng_chan_zong_zhi_growth 990101002 2026-01/2026-06 cumulative_range 0 % A R6C3
bi_zhong_bian_hua 990101002 2026-01/2026-06 cumulative_range -0.2 百分点 A R6C4
gdp 990101100 2026-01/2026-06 cumulative_range - 亿元 M R7C2
di_qu_sheng_chan_zong_zhi_growth 990101100 2026-01/2026-06 cumulative_range -3.5 % A R7C3
bi_zhong_bian_hua 990101100 2026-01/2026-06 cumulative_range 0 百分点 A R7C4
""",
    "yunxi-finance": """
yi_ban_gong_gong_yu_suan_shou_ru 990101 2026-01/2026-10 cumulative_range 812345 万元 A 财政金融!B4
yi_ban_gong_gong_yu_suan_shou_ru_growth 990101 2026-01/2026-10 cumulative_range 3.2 % A 财政金融!C4
shui_shou_shou_ru 990101 2026-01/2026-10 cumulative_range 700001 万元 A 财政金融!B5
shui_shou_shou_ru_growth 990101 2026-01/2026-10 cumulative_range -0.4 % A 财政金融!C5
yi_ban_gong_gong_yu_suan_zhi_chu 990101 2026-01/2026-10 cumulative_range 901234 万元 A 财政金融!B6
yi_ban_gong_gong_yu_suan_zhi_chu_growth 990101 2026-01/2026-10 cumulative_range 8 % A 财政金融!C6
ben_wai_bi_cun_kuan 990101 2026-10 point 2345.67 亿元 A 财政金融!B12
ben_wai_bi_cun_kuan_bi_nian_chu_zeng_jian 990101 2026-10 point 123.4 亿元 A 财政金融!C12
ben_wai_bi_dai_kuan 990101 2026-10 point 3012.5 亿元 A 财政金融!B13
ben_wai_bi_dai_kuan_bi_nian_chu_zeng_jian 990101 2026-10 point -12.3 亿元 A 财政金融!C13
""",
    "yunxi-schools": """
pu_tong_gao_zhong_xue_xiao_shu 990101 2024 annual 4 所 A 表1!R5C2
pu_tong_gao_zhong_xue_xiao_shu 990101 2025 annual 4 所 A 表1!R5C3
pu_tong_gao_zhong_zai_xiao_xue_sheng_shu 990101 2024 annual 6120 人 A 表1!R5C4
pu_tong_gao_zhong_zai_xiao_xue_sheng_shu 990101 2025 annual 6301 人 A 表1!R5C5
chu_zhong_xue_xiao_shu 990101 2024 annual 11 所 A 表1!R6C2
chu_zhong_xue_xiao_shu 990101 2025 annual 12 所 A 表1!R6C3
chu_zhong_zai_xiao_xue_sheng_shu 990101 2024 annual 15002 人 A 表1!R6C4
chu_zhong_zai_xiao_xue_sheng_shu 990101 2025 annual 15230 人 A 表1!R6C5
xiao_xue_xue_xiao_shu 990101 2024 annual 22 所 A 表1!R7C2
xiao_xue_xue_xiao_shu 990101 2025 annual 23 所 A 表1!R7C3
xiao_xue_zai_xiao_xue_sheng_shu 990101 2024 annual 31440 人 A 表1!R7C4
xiao_xue_zai_xiao_xue_sheng_shu 990101 2025 annual - 人 M 表1!R7C5
""",
    "yunxi-answers": """
fai 990101 2026-10 monthly 95.1 亿元 A $.returndata.datanodes[0].data.data
fai 990101 2026-11 monthly - 亿元 M $.returndata.datanodes[1].data.data
wang_shang_ling_shou_e 990101 2026-11 monthly 41.2 亿元 A $.returndata.datanodes[2].data.data
""",
    "yunxi-pupils": """
zai_xiao_xue_sheng_shu 990101 2024 annual 52562 人 A R2C4
zai_xiao_xue_sheng_shu 990101 2025 annual 53041 人 A R3C4
""",
    "yunxi-care": """
ji_gou_chuang_wei 990101001 2026-09 point 320 张 A 表1!R7C2
ji_gou_chuang_wei_growth 990101001 2026-09 point 4.9 % A 表1!R7C3
she_qu_chuang_wei 990101001 2026-09 point 85 张 A 表1!R7C4
ji_gou_chuang_wei 990101002 2026-09 point 210 张 A 表1!R8C2
ji_gou_chuang_wei_growth 990101002 2026-09 point - % M 表1!R8C3
she_qu_chuang_wei 990101002 2026-09 point 60 张 A 表1!R8C4
""",
    "yunxi-tourism": """
jie_dai_you_ke 990101 2025 annual 1205.6 万人次 A 第1页表1!R4C2
jie_dai_you_ke_growth 990101 2025 annual 12.5 % A 第1页表1!R4C3
guo_ye_you_ke 990101 2025 annual 302.1 万人次 A 第1页表1!R5C2
guo_ye_you_ke_growth 990101 2025 annual 8 % A 第1页表1!R5C3
tu_shu_guan_dao_guan_du_zhe 990101 2025 annual 88.4 万人次 A 第1页表1!R6C2
tu_shu_guan_dao_guan_du_zhe_growth 990101 2025 annual -1.5 % A 第1页表1!R6C3
""",
    "yunxi-return": """
liu_dong_zi_chan_he_ji 990101 2026-01/2026-11 cumulative_range 1234567 千元 A B204-1!D7
liu_dong_zi_chan_he_ji_last_year 990101 2025-01/2025-11 cumulative_range 1200000 千元 A B204-1!E7
ying_shou_zhang_kuan 990101 2026-01/2026-11 cumulative_range 234567 千元 A B204-1!D8
ying_shou_zhang_kuan_last_year 990101 2025-01/2025-11 cumulative_range 230001 千元 A B204-1!E8
cun_huo 990101 2026-01/2026-11 cumulative_range 98765 千元 A B204-1!D9
cun_huo_last_year 990101 2025-01/2025-11 cumulative_range 101234 千元 A B204-1!E9
ying_ye_shou_ru 990101 2026-01/2026-11 cumulative_range 5432100 千元 A B204-1!D10
ying_ye_shou_ru_last_year 990101 2025-01/2025-11 cumulative_range 5000000 千元 A B204-1!E10
ping_jun_yong_gong_ren_shu 990101 2026-01/2026-11 cumulative_range 356 人 A B204-1!D11
ping_jun_yong_gong_ren_shu_last_year 990101 2025-01/2025-11 cumulative_range 360 人 A B204-1!E11
""",
    "yunxi-retail-rows": """
she_hui_xiao_fei_pin_ling_shou_zong_e 990101 2026-01/2026-02 cumulative_range 80.1 亿元 A 零售!B3
wang_luo_ling_shou_e 990101 2026-01/2026-02 cumulative_range 12.5 亿元 A 零售!C3
she_hui_xiao_fei_pin_ling_shou_zong_e 990101 2026-03 monthly 41 亿元 A 零售!B4
wang_luo_ling_shou_e 990101 2026-03 monthly 6.6 亿元 A 零售!C4
she_hui_xiao_fei_pin_ling_shou_zong_e 990101 2026-04 monthly 40.2 亿元 A 零售!B5
wang_luo_ling_shou_e 990101 2026-04 monthly - 亿元 M 零售!C5
she_hui_xiao_fei_pin_ling_shou_zong_e 990101 2026-01/2026-06 cumulative_range 245.3 亿元 A 零售!B6
wang_luo_ling_shou_e 990101 2026-01/2026-06 cumulative_range 39.9 亿元 A 零售!C6
""",
    "yunxi-population": """
residents 990101001 2025-12 point 12.3456 万人 A R4C2
residents 990101100 2025-12 point 4.5678 万人 A R4C4
residents 990101002 2025-12 point 9.8765 万人 A R5C2
""",
    "yunxi-by-industry": """
zeng_jia_zhi 990101 2025 annual 12345 万元 A 2025!B3
zeng_jia_zhi_share 990101 2025 annual 1.2 % A 2025!C3
zeng_jia_zhi 990101 2025 annual 456789 万元 A 2025!B4
zeng_jia_zhi_share 990101 2025 annual 45.5 % A 2025!C4
zeng_jia_zhi 990101 2025 annual 98765 万元 A 2025!B5
zeng_jia_zhi_share 990101 2025 annual 9.8 % A 2025!C5
zeng_jia_zhi 990101 2025 annual 45678 万元 A 2025!B6
zeng_jia_zhi_share 990101 2025 annual 4.6 % A 2025!C6
""",
    "yunxi-bureau": """
yong_dian_liang 990101 2026-10 monthly 1520.43 万千瓦时 A $.returndata.datanodes[0].data
chu_chang_jia_ge_zhi_shu 990101 2026-10 monthly 103.7 % A $.returndata.datanodes[1].data
yong_dian_liang 990101 2026-11 monthly - 万千瓦时 M $.returndata.datanodes[2].data
yong_dian_liang 990102 2026-11 monthly 9007199254740993.01 万千瓦时 A $.returndata.datanodes[3].data
""",
    "yunxi-bureau-new": """
gong_zi_zong_e_yi_yuan 990101 2025-09 monthly 61.2 亿元 A $.data[0].values[0].value
gang_cai_chan_liang_wan_dun 990101 2025-09 monthly - 万吨 M $.data[0].values[1].value
gong_zi_zong_e_yi_yuan 990101 2024-Q4 quarterly 180.05 亿元 A $.data[1].values[0].value
gong_zi_zong_e_yi_yuan 990101001 2025 annual 3.4 亿元 A $.data[2].values[0].value
gang_cai_chan_liang_wan_dun CN 2025 annual 99.5 万吨 A $.data[2].values[1].value
""",
    "yunxi-population-cube": """
hu_ji_ren_kou 990101 2024 annual 41.1 万人 A $.value['0']
hu_ji_ren_kou 990101 2025-06 monthly 41.25 万人 P $.value['1']
hu_ji_hu_shu 990101 2024 annual 150300 户 A $.value['2']
hu_ji_hu_shu 990101 2025-06 monthly - 户 M $.value['3']
hu_ji_ren_kou 990102 2024 annual 28.05 万人 A $.value['4']
hu_ji_ren_kou 990102 2025-06 monthly - 万人 M $.value['5']
hu_ji_hu_shu 990102 2024 annual 99100 户 A $.value['6']
hu_ji_hu_shu 990102 2025-06 monthly - 户 M $.value['7']
""",
    "yunxi-exports-sdmx": """
exp 990101 2024 annual 123456789012345678.25 元 A R2C8
exp 990101 2025-09 monthly 41100000 元 P R3C8
exp 990101 2025-01/2025-06 cumulative_range 250000000 元 E R4C8
exp 990102 2024-01/2026-06 cumulative_range 750000000 元 A R5C8
exp 990102 2025 annual - 元 Q R6C8
""",
    "yunxi-jobs-sdmx": """
jobs 990101 2025-Q3 quarterly 215000 人 A /StructureSpecificData/DataSet/Series[1]/Obs[1]
jobs 990101 2025-Q4 quarterly - 人 L /StructureSpecificData/DataSet/Series[1]/Obs[2]
jobs 990102 2025-Q3 quarterly 90071992 人 U /StructureSpecificData/DataSet/Series[2]/Obs[1]
""",
    "yunxi-software": """
ruan_jian_ye_qi_ye_shu 990101 2023 annual 31 1 A $.values.软件业企业数['990101']['2023']
ruan_jian_ye_qi_ye_shu 990101 2024 annual - 1 M $.values.软件业企业数['990101']['2024']
ruan_jian_ye_qi_ye_shu 990102 2023 annual 12 1 A $.values.软件业企业数['990102']['2023']
""",
}
