// Numbers as en-US has them, whatever the locale.
() => {
  'use strict';
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ',');
  const numberText = function (_locale, options) {
    const { style = 'decimal', currency, useGrouping = true, minimumIntegerDigits = 1, minimumFractionDigits, maximumFractionDigits } = options ?? {};
    const isMoney = style === 'currency';
    const number = Number(this) * (style === 'percent' ? 100 : 1);
    const least = minimumFractionDigits ?? (isMoney ? Math.min(2, maximumFractionDigits ?? 2) : 0);
    const most = maximumFractionDigits ?? Math.max(least, isMoney ? 2 : style === 'percent' ? 0 : 3);
    let text = Number.isNaN(number) ? 'NaN' : '∞';
    if (typeof this === 'bigint' || Number.isInteger(number)) {
      const digits = String(typeof this === 'bigint' ? this : BigInt(number)).replace('-', '').padStart(minimumIntegerDigits, '0');
      text = (useGrouping ? grouped(digits) : digits) + (least > 0 ? `.${'0'.repeat(least)}` : '');
    } else if (Number.isFinite(number)) {
      const [whole, fraction = ''] = Math.abs(number).toFixed(Math.min(most, 100)).split('.');
      let digits = fraction;
      while (digits.length > least && digits.endsWith('0')) digits = digits.slice(0, -1);
      const padded = whole.padStart(minimumIntegerDigits, '0');
      text = (useGrouping ? grouped(padded) : padded) + (digits ? `.${digits}` : '');
    }
    const unit = isMoney ? (String(currency).toUpperCase() === 'USD' ? '$' : `${String(currency).toUpperCase()}\u00a0`) : '';
    return `${number < 0 || Object.is(number, -0) ? '-' : ''}${unit}${text}${style === 'percent' ? '%' : ''}`;
  };
  return numberText;
}
