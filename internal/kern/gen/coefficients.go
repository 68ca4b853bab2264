package main

// Minimax polynomials found with the Remez algorithm in 60 digits (fit.py), then rounded to the element type. The comments
// name the function, the interval and the largest error.

// coefficients are the polynomials of one element type.
type coefficients struct {
	// (eʳ − 1 − r)/r² on |r| ≤ ln2/2.
	exp []float64
	// (ln((1+s)/(1−s))/s − 2)/s² as a function of s² ≤ 0.2².
	log []float64
	// The same without its first term: ((ln((1+s)/(1−s))/s − 2)/s² − ⅔)/s².
	logTail []float64
	// (sin r − r)/r³ and (cos r − 1 + r²/2)/r⁴ as functions of r² ≤ (π/4)².
	sinQuarter, cosQuarter []float64
	// (atan t − t)/t³ as a function of t² ≤ tan²(π/8).
	atan []float64
	// −ln(1 − erf x)/x on 0 ≤ x ≤ erfMax, weighted so that erf has the same relative error everywhere.
	erf    []float64
	erfMax float64 // from here on erf rounds to 1

	ln2  [2]float64 // ln 2 as a sum, each part rounded to the element type
	ln2k [2]float64 // likewise, the first part so short that its product with an exponent is exact
	two3 [2]float64 // ⅔ as a sum
	half [3]float64 // π/2 likewise
	trig float64    // sin and cos are reduced exactly enough up to here; package math takes over beyond

	expMin, expMax float64 // eˣ is 0 below and Inf above; whole multiples of ln2 in between fit scale
	tiny           float64 // tanh x rounds to ±1 beyond |x| = tiny/2, eˣ − 1 to −1 below −tiny
}

func (m *machine) coefficients() *coefficients {
	if m.size == 4 {
		return &coefficients32
	}
	return &coefficients64
}

var coefficients64 = coefficients{
	// relative to eʳ − 1: 2⁻⁶¹·⁷
	exp: []float64{
		0.5, 0.16666666666666677, 0.0416666666666667, 0.008333333333321563, 0.0013888888888866778,
		0.0001984126988632764, 2.480158736072055e-05, 2.7557243979500334e-06, 2.755724258911281e-07,
		2.5109125408463745e-08, 2.0924503363284435e-09,
	},
	// 2⁻⁶¹·⁶ relative to the logarithm
	log: []float64{
		0.666666666666666, 0.4000000000005693, 0.28571428555772155, 0.2222222430246457, 0.18181665531443214,
		0.15391122834981671, 0.1317342075893791, 0.13844224693512844,
	},
	// 2⁻⁶⁹ relative to the logarithm
	logTail: []float64{
		0.3999999999999972, 0.2857142857157987, 0.2222222219079309, 0.18181821567047468, 0.15384404587362174,
		0.13341203060289597, 0.1159147964602408, 0.12576841365031088,
	},
	// 2⁻⁵⁷·⁹ relative to the sine, 2⁻⁶⁴ relative to the cosine
	sinQuarter: []float64{
		-0.1666666666666663, 0.008333333333322073, -0.00019841269829549678, 2.7557313606555844e-06,
		-2.5050745294446568e-08, 1.5896079318047023e-10,
	},
	cosQuarter: []float64{
		0.0416666666666666, -0.001388888888887407, 2.480158728944585e-05, -2.755731434119397e-07,
		2.087572168084266e-09, -1.1359561664577364e-11,
	},
	// 2^-54.68 relative to the arc
	atan: []float64{
		-0.3333333333333019, 0.19999999999097462, -0.14285714195891258, 0.11111106676322097, -0.09090782873111143,
		0.07690073883758398, -0.06641162377751607, 0.05692719242035276, -0.043595223843688455, 0.02126402285060447,
	},
	// 2⁻⁵⁴·⁵ relative to erf
	erf: []float64{
		1.1283791670955126, 0.6366197723675983, 0.10277260330088957, -0.019128446983444652, -0.00020919496751028305,
		0.0016962084718900475, -0.0005901361267545973, 2.5916227377419123e-05, 6.439400846114752e-05,
		-2.9532498723722623e-05, 3.118930985602202e-06, 3.174204623243078e-06, -2.056569759284388e-06,
		5.693645032245527e-07, -5.827300036218869e-10, -7.659048038996956e-08, 4.1134615130985304e-08,
		-1.3606859106350744e-08, 3.2775011214170794e-09, -6.004235430711955e-10, 8.426356836698468e-11,
		-8.947655725092464e-12, 6.971740547324721e-13, -3.763697136288116e-14, 1.2581619396145604e-15,
		-1.9618450244578944e-17,
	},
	erfMax: 6,
	ln2:    [2]float64{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56},
	ln2k:   [2]float64{0x1.62e42fefa4p-1, -0x1.8432a1b0e2634p-43},
	two3:   [2]float64{0x1.5555555555555p-1, 0x1.5555555555555p-55},
	half:   [3]float64{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110},
	trig:   1e6,
	expMin: -760, expMax: 720,
	tiny: 40,
}

var coefficients32 = coefficients{
	// 2⁻³²
	exp: []float64{
		0.5, 0.1666666716337204, 0.04166635498404503, 0.008333273231983185, 0.0013941068900749087,
		0.0001991429307963699,
	},
	// 2⁻³⁴
	log: []float64{
		0.6666666269302368, 0.4000086784362793, 0.28506800532341003, 0.24103425443172455,
	},
	// 2⁻³⁴·⁵
	logTail: []float64{0.40000393986701965, 0.28525492548942566, 0.23875027894973755},
	// 2⁻²⁸ and 2⁻³³
	sinQuarter: []float64{
		-0.16666655242443085, 0.00833215843886137, -0.0001951495069079101,
	},
	cosQuarter: []float64{
		0.04166664555668831, -0.0013887365348637104, 2.44381317315856e-05,
	},
	// 2^-25.57
	atan: []float64{
		-0.33332952857017517, 0.1997787058353424, -0.13879162073135376, 0.08057846873998642,
	},
	// 2⁻³¹
	erf: []float64{
		1.128379225730896, 0.6366198062896729, 0.10277127474546432, -0.019117694348096848, -0.0002530637430027127,
		0.0017993584042415023, -0.000740690331440419, 0.00016748334746807814, -2.1355270291678607e-05,
		1.1933767609662027e-06,
	},
	erfMax: 4,
	ln2:    [2]float64{0x1.62e43p-1, -0x1.05c61p-29},
	ln2k:   [2]float64{0x1.62e4p-1, 0x1.7f7d1cp-20},
	two3:   [2]float64{0x1.555556p-1, -0x1.555556p-26},
	half:   [3]float64{0x1.921fb6p+0, -0x1.777a5cp-25, -0x1.ee59dap-50},
	trig:   3e4,
	expMin: -110, expMax: 92,
	tiny: 20,
}
