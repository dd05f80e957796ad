/** The built-in ERP's entities, declared once: properties under the names that mappings and the graph use. */
import {
  type AddressParts,
  choice,
  code,
  decimal,
  entity,
  ref,
  refCode,
  type SystemShape,
  text,
} from '../system/entity.ts';

const parts: AddressParts = ['street', 'street2', 'city', 'postCode', 'county', 'countryCode'];
const address = { kind: 'address', name: 'ErpAddress', parts } as const;
const money = { kind: 'money' } as const;
const companyMoney = { kind: 'money', in: 'company' } as const;
const email = { kind: 'email' } as const;
const currency = { kind: 'currency' } as const;
// A code of the company's own, in any case: what no list maps is a tag of BCP 47, as in the CRM.
const language = text(10);
const int = { kind: 'int' } as const;
const boolean = { kind: 'boolean' } as const;
const date = { kind: 'date' } as const;

const discountBasis = choice('ErpDiscountBasis', ['PERCENT', 'AMOUNT']);
const orderStatus = choice('ErpOrderStatus', [
  'PROPOSAL',
  'OPEN',
  'PENDING_APPROVAL',
  'PENDING_PREPAYMENT',
  'RELEASED',
  'ON_HOLD',
  'PARTIALLY_SHIPPED',
  'SHIPPED',
  'PARTIALLY_INVOICED',
  'INVOICED',
  'CLOSED',
  'CANCELLED',
]);
const externalReference = {
  type: text(36),
  doc: "The other system's id of this record.",
  access: 'sync',
  unique: true,
} as const;

const Customer = entity({
  name: 'Customer',
  doc: 'A debtor.',
  title: 'name',
  series: { property: 'customerNo', prefix: 'C', digits: 5 },
  properties: {
    externalReference,
    customerNo: { type: code(20), doc: 'Own number.', required: true, access: 'sync', unique: true },
    name: { type: text(100), doc: 'Trading name.', required: true, demanded: true, indexed: true },
    legalName: { type: text(150), doc: 'Registered name.' },
    registrationNo: { type: text(20), doc: 'Registration number with the public register.', indexed: true },
    vatRegistrationNo: { type: text(20), doc: 'VAT number.', indexed: true },
    partnerType: {
      type: choice('ErpPartnerType', ['COMPANY', 'PERSON', 'GOVERNMENT']),
      doc: 'What sort of debtor it is.',
      required: true,
      default: 'COMPANY',
    },
    email: { type: email, doc: 'General e-mail address.', indexed: true },
    invoiceEmail: { type: email, doc: 'Where invoices are sent.' },
    phoneNo: { type: text(30), doc: 'Main phone, as typed.' },
    homePage: { type: text(255), doc: 'Home page.' },
    invoiceAddress: { type: address, doc: 'Where invoices go.', required: true, default: 'setting:address' },
    deliveryAddress: { type: address, doc: 'Where goods go; the invoice address where empty.' },
    currencyCode: { type: currency, doc: "Currency the debtor buys in; the company's where empty." },
    paymentTermsCode: {
      type: code(10),
      doc: 'Payment terms code.',
      required: true,
      default: 'setting:paymentTerms',
    },
    paymentMethodCode: { type: code(10), doc: 'Payment method code.' },
    shipmentMethodCode: { type: code(10), doc: 'Delivery terms code.' },
    shippingAgentCode: { type: code(10), doc: 'Carrier code.' },
    priceGroupCode: { type: code(10), doc: 'Price group.' },
    vatBusinessGroup: {
      type: code(20),
      doc: 'VAT business group: with the product group it decides the VAT percent.',
      required: true,
      default: 'setting:vatBusinessGroup',
    },
    salespersonId: { type: ref('Salesperson'), doc: 'The salesperson.' },
    salespersonCode: {
      type: refCode('Salesperson', 'salespersonId', 'code'),
      doc: "The salesperson's code.",
    },
    primaryContactId: { type: ref('Contact'), doc: 'The person to ask first.' },
    primaryContactNo: {
      type: refCode('Contact', 'primaryContactId', 'contactNo'),
      doc: "The primary contact's number.",
    },
    creditLimit: { type: companyMoney, doc: "Credit limit in the company's currency." },
    blocked: {
      type: choice('ErpBlocked', ['NONE', 'SHIP', 'INVOICE', 'ALL']),
      doc: 'What is blocked for the debtor.',
      required: true,
      default: 'NONE',
    },
    languageCode: { type: language, doc: 'Language for documents.' },
    balance: {
      type: companyMoney,
      doc: "Invoiced and not paid, in the company's currency; computed.",
      required: true,
      default: '0',
      access: 'read',
    },
  },
});

const Contact = entity({
  name: 'Contact',
  doc: 'A person at a debtor.',
  title: 'lastName',
  series: { property: 'contactNo', prefix: 'P', digits: 5 },
  properties: {
    externalReference,
    contactNo: { type: code(20), doc: 'Own number.', required: true, access: 'sync', unique: true },
    firstName: { type: text(50), doc: 'First name.', scope: 'personal' },
    middleName: { type: text(50), doc: 'Middle name.', scope: 'personal' },
    lastName: { type: text(50), doc: 'Last name.', required: true, demanded: true, indexed: true },
    salutationCode: { type: code(10), doc: 'Form of address.' },
    jobTitle: { type: text(50), doc: 'Job title.' },
    department: { type: text(50), doc: 'Department.' },
    email: { type: email, doc: 'E-mail address.', indexed: true },
    phoneNo: { type: text(30), doc: 'Desk phone, as typed.' },
    mobilePhoneNo: { type: text(30), doc: 'Mobile phone, as typed.' },
    address: { type: address, doc: "Own address; the debtor's where empty." },
    customerId: {
      type: ref('Customer'),
      doc: 'The debtor the person works for; this or companyNo is demanded.',
      required: true,
    },
    companyNo: {
      type: refCode('Customer', 'customerId', 'customerNo'),
      doc: "The debtor's number; this or customerId is demanded.",
      required: true,
    },
    type: {
      type: choice('ErpContactType', ['PERSON']),
      doc: 'Always PERSON.',
      required: true,
      default: 'PERSON',
      access: 'sync',
    },
    salespersonId: { type: ref('Salesperson'), doc: 'The salesperson.' },
    salespersonCode: {
      type: refCode('Salesperson', 'salespersonId', 'code'),
      doc: "The salesperson's code.",
    },
    isPrimary: {
      type: boolean,
      doc: "Whether the debtor's primary contact is this person; writing it moves the debtor's.",
      derived: true,
    },
    optOut: { type: boolean, doc: 'Wants no marketing.', required: true, default: false },
    blocked: { type: boolean, doc: 'Not in use any more.', required: true, default: false },
    birthDate: { type: date, doc: 'Date of birth.', scope: 'personal' },
    languageCode: { type: language, doc: 'Preferred language.' },
  },
});

const Product = entity({
  name: 'Product',
  doc: 'An item.',
  title: 'description',
  series: { property: 'itemNo', prefix: 'I', digits: 5 },
  properties: {
    externalReference,
    itemNo: {
      type: code(20),
      doc: 'Own number, from the series where left out; frozen once a document line uses it.',
      required: true,
      unique: true,
    },
    gtin: { type: text(14), doc: 'Global trade item number.', indexed: true },
    description: { type: text(100), doc: 'Name.', required: true, demanded: true, indexed: true },
    longDescription: { type: text(), doc: 'Long description, plain text.' },
    type: {
      type: choice('ErpItemType', ['INVENTORY', 'SERVICE', 'NON_INVENTORY']),
      doc: 'Whether stock is kept.',
      required: true,
      default: 'INVENTORY',
    },
    itemCategoryCode: { type: code(20), doc: 'Item category.' },
    baseUnitCode: {
      type: code(10),
      doc: 'Unit of stock and price; frozen once stock exists.',
      required: true,
      default: 'setting:erpUnit',
    },
    itemUnits: {
      type: { kind: 'list', name: 'ErpItemUnit', of: { code: code(10), qtyPerBase: decimal(18, 6) } },
      doc: 'Units it is sold in, with how many base units each holds.',
    },
    roundingPrecision: { type: decimal(9, 5), doc: 'Step of a quantity: 0.01 is two decimals.' },
    unitPrice: {
      type: decimal(18, 4),
      doc: 'Price per base unit, without VAT.',
      required: true,
      default: '0',
    },
    currencyCode: { type: currency, doc: "Currency of the price; the company's where empty." },
    unitCost: { type: decimal(18, 4), doc: 'Cost per base unit.', scope: 'cost' },
    vatProductGroup: {
      type: code(20),
      doc: 'VAT product group: with the business group it decides the VAT percent.',
      required: true,
      default: 'setting:vatProductGroup',
    },
    vatPercent: { type: decimal(5, 2), doc: "The group's domestic VAT percent.", required: true },
    salesBlocked: { type: boolean, doc: 'Retired: refused on new lines.', required: true, default: false },
    inventory: { type: decimal(18, 5), doc: 'Stock on hand in base units; less by what is shipped.' },
    reservedQuantity: {
      type: decimal(18, 5),
      doc: 'Reserved by released orders and not shipped yet, in base units; computed.',
      required: true,
      default: '0',
      access: 'read',
    },
    grossWeight: { type: decimal(18, 5), doc: 'Gross weight of a base unit in kg.' },
    unitVolume: { type: decimal(18, 5), doc: 'Volume of a base unit in cubic metres.' },
    vendorItemNo: { type: text(50), doc: "The vendor's item number." },
    discontinuedDate: { type: date, doc: 'Last day of sale.' },
  },
});

/** Properties that quotes and orders have in common. */
const document = {
  customerId: { type: ref('Customer'), doc: 'The debtor; this or customerNo is demanded.', required: true },
  customerNo: {
    type: refCode('Customer', 'customerId', 'customerNo'),
    doc: "The debtor's number; this or customerId is demanded.",
    required: true,
  },
  billToCustomerId: { type: ref('Customer'), doc: 'Who pays, where it is another debtor.' },
  billToCustomerNo: {
    type: refCode('Customer', 'billToCustomerId', 'customerNo'),
    doc: "The payer's number.",
  },
  contactId: { type: ref('Contact'), doc: 'The person at the debtor.' },
  contactNo: { type: refCode('Contact', 'contactId', 'contactNo'), doc: "The person's number." },
  currencyCode: {
    type: currency,
    doc: "Currency of all amounts, the company's where empty; frozen once a line exists.",
  },
  requestedDeliveryDate: { type: date, doc: 'Delivery the customer wants.' },
  billToAddress: {
    type: address,
    doc: "Where the invoice goes; the debtor's invoice address where left out. Frozen after the first invoice.",
    required: true,
  },
  shipToAddress: {
    type: address,
    doc: "Where the goods go; the debtor's delivery address where left out. Frozen once shipped.",
    required: true,
  },
  paymentTermsCode: {
    type: code(10),
    doc: "Payment terms code; the debtor's where left out.",
    required: true,
  },
  shipmentMethodCode: { type: code(10), doc: 'Delivery terms code.' },
  shippingAgentCode: { type: code(10), doc: 'Carrier code.' },
  pricesIncludeVat: {
    type: boolean,
    doc: 'Whether line prices include VAT; frozen once a line exists.',
    required: true,
    default: false,
  },
  vatBusinessGroup: {
    type: code(20),
    doc: 'VAT business group, from the debtor.',
    required: true,
    access: 'read',
  },
  headerDiscountPercent: { type: decimal(7, 4), doc: 'Discount on the whole document in percent.' },
  headerDiscountAmount: { type: money, doc: 'Discount on the whole document as an amount.' },
  headerDiscountTyped: {
    type: discountBasis,
    doc: 'Which of percent and amount was typed last; the other is derived.',
    access: 'read',
  },
  amount: { type: money, doc: 'Net total; computed.', required: true, access: 'read' },
  vatAmount: { type: money, doc: 'VAT total; computed.', required: true, access: 'read' },
  amountInclVat: { type: money, doc: 'Total with VAT; computed.', required: true, access: 'read' },
  salespersonId: { type: ref('Salesperson'), doc: 'The salesperson.' },
  salespersonCode: { type: refCode('Salesperson', 'salespersonId', 'code'), doc: "The salesperson's code." },
  workDescription: { type: text(), doc: 'Plain text for the document.' },
  yourReference: {
    type: text(35),
    doc: 'The customer-facing document number of the other system.',
    indexed: true,
  },
} as const;

const line = {
  lineExternalReference: {
    type: text(36),
    doc: "The other system's id of this line.",
    access: 'sync',
    unique: true,
  },
  lineNo: {
    type: { kind: 'int' },
    doc: 'Order of display, in steps of 10000; no two lines of a document have one number.',
    required: true,
  },
  type: {
    type: choice('ErpLineType', ['ITEM', 'COMMENT', 'CHARGE']),
    doc: 'Kind of line.',
    required: true,
    default: 'ITEM',
  },
  lineCode: {
    type: code(20),
    doc: 'What a charge is for: FREIGHT is the freight of the document.',
    indexed: true,
  },
  productId: { type: ref('Product'), doc: 'The item; an ITEM line demands this or itemNo.' },
  itemNo: { type: refCode('Product', 'productId', 'itemNo'), doc: "The item's number." },
  attachedTo: { type: text(36), doc: 'lineId of the line a COMMENT belongs to.' },
  position: { type: { kind: 'int' }, doc: 'Order among the COMMENT lines of one line.' },
  description: { type: text(100), doc: "Text on paper; the item's where left out." },
  quantity: { type: decimal(18, 5), doc: 'How many units.', required: true, default: '0' },
  qtyPerBase: {
    type: decimal(18, 6),
    doc: 'Base units per unit, from the item when the line was written.',
    required: true,
    default: '1',
    access: 'read',
  },
  unitCode: { type: code(10), doc: "Unit; the item's base unit where left out.", required: true },
  unitPrice: {
    type: decimal(18, 5),
    doc: "Price of one unit, on the VAT basis of the document; the item's where left out.",
    required: true,
  },
  priceOverridden: {
    type: boolean,
    doc: "Whether the price was typed and differs from the item's.",
    required: true,
    default: false,
    access: 'read',
  },
  lineDiscountPercent: { type: decimal(7, 4), doc: 'Discount in percent.' },
  lineDiscountAmount: { type: money, doc: 'Discount on the whole line as an amount.' },
  lineDiscountTyped: {
    type: discountBasis,
    doc: 'Which of percent and amount was typed last; the other is derived.',
    access: 'read',
  },
  vatProductGroup: { type: code(20), doc: "VAT product group; the item's where left out.", required: true },
  vatPercent: {
    type: decimal(5, 2),
    doc: 'VAT percent, from the two VAT groups where left out.',
    required: true,
  },
  amount: { type: money, doc: 'Net amount after discounts; computed.', required: true, access: 'read' },
  vatAmount: { type: money, doc: 'VAT amount; computed.', required: true, access: 'read' },
  amountInclVat: { type: money, doc: 'Amount with VAT; computed.', required: true, access: 'read' },
  requestedDeliveryDate: { type: date, doc: "Delivery wanted; the document's where empty." },
  promisedDeliveryDate: { type: date, doc: 'Delivery promised.' },
  locationCode: { type: code(10), doc: 'Warehouse.' },
  quantityShipped: {
    type: decimal(18, 5),
    doc: 'Shipped so far; never less than before.',
    required: true,
    default: '0',
  },
  quantityInvoiced: {
    type: decimal(18, 5),
    doc: 'Invoiced so far; never less than before, never more than shipped.',
    required: true,
    default: '0',
  },
  lineStatus: {
    type: choice('ErpLineStatus', ['OPEN', 'PARTIAL', 'SHIPPED', 'INVOICED', 'CANCELLED']),
    doc: 'How far the line is; computed.',
    required: true,
    default: 'OPEN',
    access: 'read',
  },
} as const;

const Quote = entity({
  name: 'Quote',
  doc: 'A sales quote.',
  title: 'quoteNo',
  series: { property: 'quoteNo', prefix: 'Q', digits: 5 },
  properties: {
    externalReference,
    quoteNo: { type: code(20), doc: 'Own number.', required: true, access: 'sync', unique: true },
    versionNo: { type: int, doc: 'Revision of the quote.', access: 'sync' },
    externalDocumentNo: { type: text(35), doc: 'Label of the document.' },
    documentDate: { type: date, doc: 'Date of the quote.', required: true, default: 'today', indexed: true },
    validUntilDate: { type: date, doc: 'Last day on which it can be accepted.' },
    customerOrderReference: { type: text(35), doc: "The customer's order reference." },
    ...document,
    currencyFactor: {
      type: decimal(18, 9),
      doc: "Units of the company's currency per unit of the document's.",
    },
    priceGroupCode: { type: code(10), doc: 'Price group.' },
    status: {
      type: choice('ErpQuoteStatus', [
        'OPEN',
        'PENDING_APPROVAL',
        'RELEASED',
        'ACCEPTED',
        'REJECTED',
        'EXPIRED',
        'ARCHIVED',
        'CANCELLED',
      ]),
      doc: 'How far the quote is; lines are locked outside OPEN.',
      required: true,
      default: 'OPEN',
      indexed: true,
    },
  },
  lines: line,
});

const Order = entity({
  name: 'Order',
  doc: 'A sales order; as a PROPOSAL it reserves nothing and cannot be released.',
  title: 'orderNo',
  series: { property: 'orderNo', prefix: 'O', digits: 5 },
  properties: {
    externalReference,
    sourceQuoteReference: {
      type: text(36),
      doc: "The other system's id of the quote this order came from.",
      access: 'sync',
      unique: true,
    },
    orderNo: { type: code(20), doc: 'Own number.', required: true, access: 'sync', unique: true },
    quoteId: { type: ref('Quote'), doc: 'The quote of the same deal.' },
    quoteNo: { type: refCode('Quote', 'quoteId', 'quoteNo'), doc: "The quote's number." },
    customerOrderReference: { type: text(35), doc: "The customer's order reference." },
    orderDate: { type: date, doc: 'Date of the order.', required: true, default: 'today', indexed: true },
    ...document,
    promisedDeliveryDate: { type: date, doc: 'Delivery promised.' },
    lastShipmentDate: { type: date, doc: 'Day of the last shipment.' },
    locationCode: { type: code(10), doc: 'Warehouse.' },
    salespersonExternalReference: {
      type: text(36),
      doc: "The other system's id of the salesperson.",
      access: 'sync',
      indexed: true,
    },
    salespersonName: {
      type: text(100),
      doc: "The salesperson's name on this order; taken from the card when the code changes.",
    },
    salespersonEmail: { type: email, doc: "The salesperson's e-mail on this order." },
    salespersonPhone: { type: text(30), doc: "The salesperson's phone on this order." },
    salespersonTitle: { type: text(50), doc: "The salesperson's title on this order." },
    salespersonEmployeeNo: { type: code(20), doc: "The salesperson's employee number on this order." },
    salesTeamCode: { type: code(20), doc: 'Sales team.' },
    dimensionDepartment: { type: code(20), doc: 'Department dimension.' },
    territoryCode: { type: code(20), doc: 'Territory.' },
    commissionPercent: { type: decimal(5, 2), doc: 'Commission in percent.' },
    salespersonBlocked: {
      type: boolean,
      doc: 'Whether the salesperson takes no new orders.',
      required: true,
      default: false,
      access: 'sync',
    },
    approverId: { type: ref('Salesperson'), doc: 'Who approves the order.' },
    approverCode: { type: refCode('Salesperson', 'approverId', 'code'), doc: "The approver's code." },
    languageCode: { type: language, doc: "The salesperson's language." },
    status: {
      type: orderStatus,
      doc: 'How far the order is; shipped and invoiced quantities move it.',
      required: true,
      default: 'OPEN',
      indexed: true,
    },
    heldStatus: { type: orderStatus, doc: 'The status to return to when a hold ends.', access: 'read' },
    holdReasonCode: { type: code(10), doc: 'Why it is on hold; demanded by a hold.' },
  },
  lines: line,
});

const Salesperson = entity({
  name: 'Salesperson',
  doc: 'A card of someone who sells.',
  title: 'name',
  series: { property: 'code', prefix: 'SP', digits: 4 },
  properties: {
    externalReference,
    code: { type: code(20), doc: 'Own code.', required: true, access: 'sync', unique: true },
    name: { type: text(100), doc: 'Full name.', required: true, demanded: true, indexed: true },
    email: { type: email, doc: 'E-mail address.', indexed: true },
    phone: { type: text(30), doc: 'Phone, as typed.' },
    title: { type: text(50), doc: 'Job title.' },
    employeeNo: { type: code(20), doc: 'Employee number.', indexed: true },
    salesTeamCode: { type: code(20), doc: 'Sales team.' },
    dimensionDepartment: { type: code(20), doc: 'Department dimension.' },
    territoryCode: { type: code(20), doc: 'Territory.' },
    commissionPercent: { type: decimal(5, 2), doc: 'Commission in percent.' },
    approverId: { type: ref('Salesperson'), doc: "Who approves this salesperson's orders." },
    approverCode: { type: refCode('Salesperson', 'approverId', 'code'), doc: "The approver's code." },
    languageCode: { type: language, doc: 'Language.' },
    blocked: { type: boolean, doc: 'Takes no new orders.', required: true, default: false },
  },
});

/** The ERP. */
export const erp = {
  prefix: 'Erp',
  schema: 'erp',
  entities: { Customer, Contact, Product, Quote, Order, Salesperson },
} as const satisfies SystemShape;
